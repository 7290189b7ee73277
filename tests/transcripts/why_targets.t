$ terrarium why targets
target group drupal has 2 of 2 targets healthy
$ terrarium why targets
target group drupal has 1 of 2 targets healthy
because      1 10.0.2.9:80 is unhealthy, Target.ResponseCodeMismatch: Health
             checks failed with these codes: [400]
             2 the target answers, with a status that the check does not accept;
             the check is GET /, accepts 200-399, waits 5 s
effect       1 targets answer visitors
do           terrarium logs
[3]
$ terrarium why alb -v
  elbv2 DescribeLoadBalancers {"Names":["drupal"]}
  elbv2 DescribeListeners {"LoadBalancerArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/drupal/1"}
  elbv2 DescribeTargetGroups {"LoadBalancerArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/drupal/1"}
  elbv2 DescribeTargetHealth {"TargetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/drupal/1"}
load balancer drupal is active
because      1 target group drupal has 1 of 2 targets healthy
             (elbv2:DescribeTargetHealth)
             2 10.0.2.9:80 is unhealthy, Target.ResponseCodeMismatch: Health
             checks failed with these codes: [400]  (elbv2:DescribeTargetHealth)
             3 the target answers, with a status that the check does not accept;
             the check is GET /, accepts 200-399, waits 5 s
             (elbv2:DescribeTargetGroups)
effect       1 targets answer visitors
do           terrarium logs
[3]
