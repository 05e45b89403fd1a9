module memgate.test/sampled

go 1.19
