#!/bin/sh
systemctl restart 'ceph-osd@*'
