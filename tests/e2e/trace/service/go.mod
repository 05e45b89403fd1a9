module memgate.test/trace

go 1.19
