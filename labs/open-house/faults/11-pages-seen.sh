#!/bin/sh
case $(hostname) in
node1) port=3000 ;;
*) port=8080 ;;
esac
curl -fs --retry 10 --retry-delay 1 --retry-connrefused -o /dev/null "http://127.0.0.1:$port/"
