module example.com/v1.x/descriptors

go 1.27
