#!/bin/sh
nft insert rule ip router forward accept
