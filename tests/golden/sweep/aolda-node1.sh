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
fping -q -a -M -r 2 -t 800 -i 2 -b 1472 10.0.10.1 10.0.10.12 10.0.10.13 10.0.30.1 10.0.30.12 10.0.30.13 10.0.50.1 10.0.50.12 10.0.50.13 2>/dev/null &
fping -q -a -M -r 2 -t 800 -i 2 -b 8972 10.0.20.1 10.0.20.12 10.0.20.13 2>/dev/null &
fping -q -a -M -r 2 -t 800 -i 2 -b 1452 fe80::5054:46ff:fe8c:f2d%vlan-provider fe80::5054:78ff:fea0:d34b%vlan-provider fe80::5054:1bff:fef7:de53%vlan-provider 2>/dev/null &
arping -q -c 1 -w 1 -I vlan-mgmt 10.0.20.1 2>/dev/null && echo vlan-mgmt 10.0.20.1 &
arping -q -c 1 -w 1 -I vlan-storage 10.0.30.1 2>/dev/null && echo vlan-storage 10.0.30.1 &
arping -q -c 1 -w 1 -I vlan-vxlan 10.0.40.1 2>/dev/null && echo vlan-vxlan 10.0.40.1 &
arping -q -c 1 -w 1 -I vlan-external 10.0.100.1 2>/dev/null && echo vlan-external 10.0.100.1 &
wait
true
