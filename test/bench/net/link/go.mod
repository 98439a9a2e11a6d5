module hiatus.invalid/bench/link

go 1.24
