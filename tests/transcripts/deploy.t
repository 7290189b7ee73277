$ terrarium deploy --image drupal:a81d004
drupal drupal:3f9c1e2 → drupal:a81d004 · this machine · 2 tasks, 100 to 200%
2026-11-25T10:13:07Z deploy 1/2 gate begin
2026-11-25T10:13:07Z deploy 1/2 gate ok 0.0 s deploy in a task of its own
2026-11-25T10:13:07Z deploy 2/2 roll begin
2026-11-25T10:13:07Z deploy 2/2 roll still new 0 of 2 healthy - old 2 - 1 pages, 0 failed
2026-11-25T10:13:08Z deploy 2/2 roll ok 1.0 s old tasks are gone
✓ drupal:a81d004 serves as drupal:9. 1.0 s · 3 pages asked meanwhile, 0 failed
