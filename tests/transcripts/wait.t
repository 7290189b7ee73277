$ terrarium wait
2026-11-25T10:13:07Z wait 1/1 stack begin
2026-11-25T10:13:07Z wait 1/1 stack ok 0.0 s stack is as asked - 0.0 s
✓ stack is as asked · 0.0 s
$ terrarium wait db
2026-11-25T10:13:07Z wait 1/1 db begin
2026-11-25T10:13:07Z wait 1/1 db still database: drupal creating - mysql 9.7.4 - 1a, no standby - 20 GB
2026-11-25T10:13:09Z wait 1/1 db ok 2.0 s db is as asked - 2.0 s
✓ db is as asked · 2.0 s
$ terrarium wait service
2026-11-25T10:13:09Z wait 1/1 service begin
2026-11-25T10:13:09Z wait 1/1 service ok 0.0 s service is as asked - 0.0 s
✓ service is as asked · 0.0 s
$ terrarium wait db --timeout 2s
2026-11-25T10:13:09Z wait 1/1 db begin
2026-11-25T10:13:09Z wait 1/1 db still database: drupal creating - mysql 9.7.4 - 1a, no standby - 20 GB
2026-11-25T10:13:11Z wait 1/1 db FAIL 2.0 s time is up - database: drupal creating - mysql 9.7.4 - 1a, no standby - 20 GB
✗ time is up · database: drupal creating · mysql 9.7.4 · 1a, no standby · 20 GB
[6]
$ terrarium wait db
2026-11-25T10:13:11Z wait 1/1 db begin
2026-11-25T10:13:11Z wait 1/1 db FAIL 0.0 s database: drupal failed - mysql 9.7.4 - 1a, no standby - 20 GB - it does not change by waiting
✗ database: drupal failed · mysql 9.7.4 · 1a, no standby · 20 GB · it does not
  change by waiting
[3]
$ terrarium wait moon
error TR-USAGE: there is no part moon
  do     site, service, tasks, targets, db, or nothing for all
[2]
