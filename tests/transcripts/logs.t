$ terrarium logs
10:09:00.500 events  (service drupal) has started 2 tasks: (task 9c41e2d0) (task b7703fa6).
10:09:30.000 app b770  error Undefined array key "x\x1b[2J"
10:10:00.000 events  (service drupal) has reached a steady state.
10:12:00.000 app 9c41  GET / 200
$ terrarium logs --since 1m
$ terrarium logs --since 10:09:30 --source app
10:09:30.000 app b770  error Undefined array key "x\x1b[2J"
10:12:00.000 app 9c41  GET / 200
$ terrarium logs --grep error|fatal
10:09:30.000 app b770  error Undefined array key "x\x1b[2J"
$ terrarium logs --task b770
10:09:30.000 app b770  error Undefined array key "x\x1b[2J"
$ terrarium logs --source events
2026-11-25T10:09:00.500Z events  (service drupal) has started 2 tasks: (task 9c41e2d0) (task b7703fa6).
2026-11-25T10:10:00.000Z events  (service drupal) has reached a steady state.
$ terrarium logs --json --task 9c41
{"v":1,"command":"logs","time":"2026-11-25T10:12:00.000Z","source":"app","task":"9c41e2d0aaaaaaaaaaaaaaaaaaaaaaaa","message":"GET / 200"}
