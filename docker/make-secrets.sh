#!/usr/bin/env bash
# Make what docker-compose.secure.yaml needs: a certificate authority and the broker's certificate (10 years), and a user
# with a password for Kafka's clients. Nothing is made twice.
# Usage: docker/make-secrets.sh [FOLDER]    (default: secrets, which git ignores)
set -euo pipefail
folder="${1:-secrets}"
if [ -e "$folder/client/client.properties" ]; then
  echo "error: $folder holds secrets already; delete it to make others." >&2
  exit 1
fi
# Nobody else can enter FOLDER; a container sees one of the folders in it, whoever it runs as.
mkdir -p -m 700 "$folder"
mkdir -p -m 755 "$folder/broker" "$folder/client"
cd "$folder"
days=3650
say() { openssl "$@" 2>openssl.log || { cat openssl.log >&2; exit 1; }; }

say req -x509 -newkey rsa:3072 -nodes -days $days -subj "/CN=ad-reporting" -keyout authority.key -out client/authority.pem
say req -newkey rsa:3072 -nodes -subj "/CN=kafka" -keyout broker.key -out broker.csr
echo "subjectAltName=DNS:kafka,DNS:localhost" >broker.ext
say x509 -req -in broker.csr -CA client/authority.pem -CAkey authority.key -CAcreateserial -days $days \
  -extfile broker.ext -out broker.crt
cat broker.key broker.crt >broker/kafka.pem

password=$(openssl rand -hex 24)
echo "SCRAM-SHA-512=iterations=8192,password=$password" >broker/user.properties
cat >client/client.properties <<PROPERTIES
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="ad-reporting" password="$password";
ssl.truststore.type=PEM
ssl.truststore.location=/run/kafka/authority.pem
PROPERTIES
rm -f broker.csr broker.ext broker.crt broker.key client/*.srl openssl.log
chmod 644 broker/* client/*
echo "Made $folder: user ad-reporting for Kafka's clients, and the broker's certificate for the names kafka and localhost."
