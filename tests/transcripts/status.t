$ terrarium status
drupal · this machine · us-east-1 · 10:13:07 UTC                    all as asked
site         http://localhost:8080/ · 200 in 9 ms
deployment   drupal:8 drupal:3f9c1e2 · COMPLETED 31 min ago
tasks        2 of 2 · 1a 9c41e2d0 healthy · 1b b7703fa6 healthy
targets      2 of 2 healthy · GET / every 30 s · 0 draining
database     drupal available · mysql 9.7.4 · 1a, no standby · 20 GB
$ terrarium status
drupal · this machine · us-east-1 · 10:13:07 UTC          1 of 5 is not as asked
site         http://localhost:8080/ · 200 in 9 ms
deployment   drupal:8 drupal:3f9c1e2 · COMPLETED 31 min ago
tasks        2 of 2 · 1a 9c41e2d0 healthy · 1b b7703fa6 unhealthy
targets    ! 1 of 2 healthy · GET / every 30 s · 0 draining
           ! 10.0.2.9 unhealthy Target.ResponseCodeMismatch
database     drupal available · mysql 9.7.4 · 1a, no standby · 20 GB
→ terrarium why targets
[3]
