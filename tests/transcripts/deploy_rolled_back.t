$ terrarium deploy --image drupal:bad
drupal drupal:3f9c1e2 → drupal:bad · this machine · 2 tasks, 100 to 200%
2026-11-25T10:13:07Z deploy 1/2 gate begin
2026-11-25T10:13:07Z deploy 1/2 gate ok 0.0 s deploy in a task of its own
2026-11-25T10:13:07Z deploy 2/2 roll begin
2026-11-25T10:13:07Z deploy 2/2 roll still new 0 of 2 healthy - old 2 - 1 pages, 0 failed
2026-11-25T10:13:08Z deploy 2/2 roll still drupal:8 comes back: ECS deployment circuit breaker: tasks failed to start.
2026-11-25T10:13:08Z deploy 2/2 roll FAIL 1.5 s rolled back to drupal:8
✗ ROLLED BACK: drupal:8 serves, drupal:bad never took traffic · 4 pages asked
  meanwhile, 0 failed
  why   task 77e1aaaa exit 1 after 0.4 s · 3 tasks failed
        | PHP Fatal error: Class "Redis" not found \x1b[31m
        all: terrarium logs --task 77e1aaaa
  by    ECS: ECS deployment circuit breaker: tasks failed to start.
  data  what the gate changed in the database stays; the old image runs on it
✗ rolled back, exit 7 · terrarium why service
[7]
