module example.com/arrivals

go 1.19
