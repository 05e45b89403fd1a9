module memgate.test/heapgen

go 1.19
