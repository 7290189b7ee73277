$ terrarium why service
service drupal runs 2 of 2 tasks, drupal:8 is COMPLETED since 09:42:07 UTC
$ terrarium why drupal
service drupal runs 0 of 2 tasks, drupal:9 is IN_PROGRESS
because      1 ECS deployment ecs-svc/2 in progress.
             2 task 5f0c2222: CannotPullContainerError: drupal:3f9c1e2: not
             found
             3 repository drupal has no 3f9c1e2; newest is 3f9c1e1
             4 drupal:8 asks for drupal:3f9c1e2
             5 10:10:00 (service drupal) has reached a steady state.
             6 10:09:00 (service drupal) has started 2 tasks: (task 9c41e2d0)
             (task b7703fa6).
effect       2 tasks of the revision before still run
do           terrarium deploy --image drupal:3f9c1e1
[3]
