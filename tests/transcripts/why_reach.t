$ terrarium why task db 3306
✓ reachable  task 9c41e2d0 10.0.1.10 → database drupal 10.0.21.5 tcp 3306
  ✓ task out: tcp 3306 sg-db
  ✓ acl-1 out 100: allow
  ✓ route: local, within vpc-1
  ✓ acl-1 in 100: allow
  ✓ db in: tcp 3306 sg-task
  read from the configuration; no packet was sent
$ terrarium why task db 3306
✗ NOT REACHABLE  task 9c41e2d0 10.0.1.10 → database drupal 10.0.21.5 tcp 3306
  ✓ task out: tcp 3306 sg-db
  ✓ acl-1 out 100: allow
  ✓ route: local, within vpc-1
  ✓ acl-1 in 100: allow
  ✗ db in: no rule for tcp 3306 from 10.0.1.10; it has tcp 3306 10.0.99.0/24
  read from the configuration; no packet was sent
  do add a rule for tcp 3306 to that security group, in the stack's Terraform
[3]
$ terrarium why internet alb 80
✓ reachable  internet → load balancer drupal 10.0.1.5 tcp 80
  ✓ route of rtb-p: 0.0.0.0/0 igw-1 active
  ✓ public address 54.0.0.1
  ✓ acl-1 in 100: allow
  ✓ alb in: tcp 80 0.0.0.0/0
  read from the configuration; no packet was sent
$ terrarium why internet db 3306
✗ NOT REACHABLE  internet → database drupal 10.0.21.5 tcp 3306
  ✗ route of rtb-m: none to the internet
  ✗ database drupal 10.0.21.5 has no public address
  ✓ acl-1 in 100: allow
  ✗ db in: no rule for tcp 3306 from the internet; it has tcp 3306 10.0.99.0/24
  read from the configuration; no packet was sent
  do change that in the stack's Terraform
[3]
$ terrarium why alb 9c41 80
✓ reachable  load balancer drupal 10.0.1.5 → task 9c41e2d0 10.0.1.10 tcp 80
  ✓ alb out: all 10.0.0.0/16
  ✓ route: local, within vpc-1
  ✓ task in: tcp 80 sg-alb
  read from the configuration; no packet was sent
$ terrarium why task internet 443
✓ reachable  task 9c41e2d0 10.0.1.10 → internet tcp 443
  ✓ task out: tcp 443 0.0.0.0/0
  ✓ acl-1 out 100: allow
  ✓ route of rtb-p: 0.0.0.0/0 igw-1 active
  ✓ public address 54.0.0.9
  read from the configuration; no packet was sent
