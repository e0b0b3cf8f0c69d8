#!/bin/sh
case $(hostname) in
node1) ports="3000 9100" ;;
*) ports=8080 ;;
esac
for port in $ports; do
    curl -fs --retry 10 --retry-delay 1 --retry-connrefused -o /dev/null "http://127.0.0.1:$port/"
done
