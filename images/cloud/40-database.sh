#!/bin/sh
set -eu
# Leaves /var/lib/mysql as a Galera member has it after a clean stop: everything migrated, no password that fits, no account
# that is open. What belongs to one testbed (addresses, passwords, the number of message brokers) replaces the placeholders.
vip=192.0.2.250 # no network has it
work=$(mktemp -d)
chmod 711 "$work"
mkdir "$work/keys" "$work/lock"
socket=/run/mysqld/mysqld.sock
ip link set lo up 2>/dev/null || true

start() { # option...
  mariadbd --user=mysql --socket=$socket "$@" >"$work/log" 2>&1 &
  server=$!
  for _ in $(seq 120); do
    mariadb-admin --socket=$socket ping >/dev/null 2>&1 && return
    sleep 0.5
  done
  cat "$work/log"
  exit 1
}

stop() {
  mariadb-admin --socket=$socket shutdown
  wait "$server"
}

install -d -o mysql -g mysql /run/mysqld
rm -rf /var/lib/mysql
install -d -o mysql -g mysql -m 755 /var/lib/mysql
mariadb-install-db --user=mysql --skip-test-db --auth-root-authentication-method=socket >"$work/log"
start --wsrep-on=OFF --skip-networking

services="keystone glance placement nova neutron cinder"
{
  for database in keystone glance placement nova nova_api nova_cell0 neutron cinder; do
    echo "CREATE DATABASE $database;"
  done
  for user in $services; do
    for host in % localhost; do
      echo "CREATE USER $user@'$host' IDENTIFIED BY 'placeholder'; GRANT ALL ON $user.* TO $user@'$host';"
    done
  done
  echo "GRANT ALL ON nova_api.* TO nova@'%', nova@localhost; GRANT ALL ON nova_cell0.* TO nova@'%', nova@localhost;"
} | mariadb

url() { # user database
  echo "connection = mysql+pymysql://$1:placeholder@localhost:3306/$2?unix_socket=$socket&charset=utf8"
}
for service in $services; do
  printf '[database]\n%s\n[oslo_concurrency]\nlock_path = %s\n' "$(url "$service" "$service")" "$work/lock" >"$work/$service.conf"
done
sed -i 's/^.database./[placement_database]/' "$work/placement.conf"
printf '[api_database]\n%s\n[DEFAULT]\ntransport_url = rabbit://nova:placeholder@localhost:5672/\n' "$(url nova nova_api)" >>"$work/nova.conf"
printf '[DEFAULT]\ncore_plugin = ml2\n' >>"$work/neutron.conf"
printf '[token]\nprovider = fernet\n[fernet_tokens]\nkey_repository = %s\n[fernet_receipts]\nkey_repository = %s\n' \
  "$work/keys" "$work/keys" >>"$work/keystone.conf"

manage() { # program argument...: quiet unless it fails
  program=$1
  service=${program%%-*}
  shift
  "$program" --config-file "$work/$service.conf" "$@" >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
}
manage keystone-manage db_sync
manage keystone-manage fernet_setup --keystone-user root --keystone-group root
manage keystone-manage bootstrap --bootstrap-password placeholder --bootstrap-region-id RegionOne \
  --bootstrap-public-url "http://$vip:5000/v3" --bootstrap-internal-url "http://$vip:5000/v3" \
  --bootstrap-admin-url "http://$vip:5000/v3"
python3 /usr/share/testbed/seed-identity "$work/keystone.conf" "$vip"
manage glance-manage db_sync
manage placement-manage db sync
# Each service fills these templates in from its own configuration, so no cell knows a password or an address.
database='{scheme}://{username}:{password}@{hostname}:{port}'
manage nova-manage api_db sync
manage nova-manage cell_v2 map_cell0 --database_connection "$database/nova_cell0?{query}"
manage nova-manage cell_v2 create_cell --name cell1 --database_connection "$database/{path}?{query}" \
  --transport-url '{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}'
manage nova-manage db sync
manage neutron-db-manage upgrade heads
manage cinder-manage db sync

{
  # bcrypt's form, so it is compared like any other, and the result of no password.
  echo "UPDATE keystone.password SET password_hash = CONCAT('\$2b\$04\$', REPEAT('.', 53));"
  for user in $services; do
    for host in % localhost; do
      echo "ALTER USER $user@'$host' ACCOUNT LOCK;"
    done
  done
} | mariadb
stop

# A cluster of one, once: from here on the files belong to a cluster, and whoever has them joins with what came since.
start --wsrep-on=ON --wsrep-new-cluster --wsrep-cluster-address=gcomm:// --wsrep-node-address=127.0.0.1 --skip-networking \
  --wsrep-provider-options='gmcast.listen_addr=tcp://127.0.0.1:24567;gcache.size=8M'
mariadb -e "SHOW STATUS LIKE 'wsrep_ready'" | grep -q ON
stop
sed -i 's/^safe_to_bootstrap:.*/safe_to_bootstrap: 0/' /var/lib/mysql/grastate.dat
grep -qE '^seqno: +[0-9]' /var/lib/mysql/grastate.dat
rm -rf "$work" /usr/share/testbed/seed-identity /var/lib/mysql/galera.cache /var/lib/mysql/gvwstate.dat /var/lib/mysql/*.err
rm -rf /run/mysqld /var/log/*.log /var/log/*/*.log /tmp/* /var/tmp/*
