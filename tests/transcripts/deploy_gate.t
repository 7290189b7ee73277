$ terrarium deploy --image drupal:a81d004
drupal drupal:3f9c1e2 → drupal:a81d004 · this machine · 2 tasks, 100 to 200%
2026-11-25T10:13:07Z deploy 1/2 gate begin
2026-11-25T10:13:07Z deploy 1/2 gate FAIL 0.0 s deploy: exit 4 after 4.0 s
error TR-GATE: the gate did not let drupal:9 through
  why    task 77e1aaaa exit 4 after 4.0 s
         another install or deployment is running in this database
         | PHP Fatal error: Class "Redis" not found \x1b[31m
  state  the service was not touched; what the gate did to the database stays
  do     terrarium logs --task 77e1aaaa
[1]
