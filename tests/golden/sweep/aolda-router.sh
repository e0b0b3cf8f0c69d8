echo '=== missing'
for program in fping arping chronyd; do
    command -v "$program" >/dev/null || echo "$program"
done
echo '=== bonding'
for file in /proc/net/bonding/*; do
    [ -e "$file" ] && echo "--- ${file##*/}" && cat "$file"
done
echo '=== route'
ip -4 route show default || true
echo '=== names'
getent hosts sw1 sw2 router node1 node2 node3 || true
echo '=== answers'
fping -q -a -M -r 2 -t 800 -i 2 -b 1472 10.0.10.11 10.0.10.12 10.0.10.13 10.0.30.11 10.0.30.12 10.0.30.13 10.0.50.11 10.0.50.12 10.0.50.13 10.0.100.2 10.0.100.3 2>/dev/null &
fping -q -a -M -r 2 -t 800 -i 2 -b 8972 10.0.20.11 10.0.20.12 10.0.20.13 2>/dev/null &
fping -q -a -M -r 2 -t 800 -i 2 -b 1452 fe80::5054:e5ff:fe92:8965%vlan-provider fe80::5054:78ff:fea0:d34b%vlan-provider fe80::5054:1bff:fef7:de53%vlan-provider 2>/dev/null &
wait
true
