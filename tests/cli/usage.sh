# Wrong usage: 2, and what to do.
. "$LIB"
try
try nothing
try add
try add archive
try ls
try ls a b
try show a
try ls --colour a
try ls -x a
try ls --tag
try ls --json=yes a
try add --level 99 a b
try add --frame 1 a b
try add -j0 a b
try scan --pairs=some x
try extract a
try restore a
try ls a --on 11.02.2025
try add a --crawled yesterday b
try verify --tag x a
