module example.com/cpugen

go 1.19
