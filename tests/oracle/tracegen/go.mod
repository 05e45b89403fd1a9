module memgate.test/tracegen

go 1.22
