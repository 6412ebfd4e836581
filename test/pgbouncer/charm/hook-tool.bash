#!/bin/bash
# Stands in for each of Juju's hook tools: asks whoever listens at the agent's address.
LC_ALL=C
input= last=
for argument in "$@"; do
  if [ "$last" = --file ] && [ "$argument" = - ]; then IFS= read -r -d '' input; fi
  last=$argument
done
exec 3<>"/dev/tcp/${JUJU_AGENT_SOCKET_ADDRESS/://}"
printf '%s\0' "${0##*/}" "$#" "$@" "$input" >&3
IFS= read -r -d '' code <&3
# A text whose length is known is read at once, up to a mark a byte at a time.
IFS= read -r -d '' length <&3
IFS= read -r -N "$length" out <&3
IFS= read -r -d '' error <&3
# What is very long comes in a file.
IFS= read -r -d '' file <&3
if [ -n "$file" ]; then cat "$file"; fi
printf '%s' "$out"
printf '%s' "$error" >&2
exit "$code"
