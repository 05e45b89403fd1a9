module memgate.test/allocator

go 1.19
