$ terrarium why 5f0c
task 5f0c2222 of service drupal is STOPPED since 10:02:41 UTC
because      1 CannotPullContainerError: drupal:3f9c1e2: not found
             2 repository drupal has no 3f9c1e2; newest is 3f9c1e1
             3 drupal:8 asks for drupal:3f9c1e2
do           terrarium deploy --image drupal:3f9c1e1
[3]
$ terrarium why arn:aws:ecs:us-east-1:000000000000:task/drupal/5f0c2222 --json
{"v":1,"command":"why","resource":"arn:aws:ecs:us-east-1:000000000000:task/drupal/5f0c2222","as_asked":false,"verdict":"task 5f0c2222 of service drupal is STOPPED since 10:02:41 UTC","because":[{"text":"CannotPullContainerError: drupal:3f9c1e2: not found","source":"ecs:DescribeTasks"},{"text":"repository drupal has no 3f9c1e2; newest is 3f9c1e1","source":"ecr:DescribeImages"},{"text":"drupal:8 asks for drupal:3f9c1e2","source":"ecs:DescribeTaskDefinition"}],"effect":"","do":"terrarium deploy --image drupal:3f9c1e1"}
[3]
