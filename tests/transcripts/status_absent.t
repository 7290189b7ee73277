$ terrarium status --name blog
blog · this machine · us-east-1 · 10:13:07 UTC           5 of 5 are not as asked
site       – no load balancer blog
deployment – no service blog in cluster blog
tasks      – none: no service
targets    – no target group
database   – no database blog
→ terrarium up
[3]
