output "url" {
  description = "Address of the site."
  value       = "http://${aws_lb.this.dns_name}${contains(var.listener_ports, 80) ? "" : ":${var.listener_ports[0]}"}/"
}

output "alb_dns_name" {
  description = "DNS name of the load balancer."
  value       = aws_lb.this.dns_name
}

output "alb_arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.this.arn
}

output "target_group_arn" {
  description = "ARN of the target group that the tasks are in."
  value       = aws_lb_target_group.this.arn
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "task_definition_arn" {
  description = "ARN of the revision that the service was told to run."
  value       = aws_ecs_task_definition.this.arn
}

output "task_family" {
  description = "Family of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "container_name" {
  description = "Name of the container in the task."
  value       = var.container_name
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = aws_cloudwatch_log_group.this.name
}

output "execution_role_arn" {
  description = "Role that starts the tasks; whoever registers a task definition must be allowed to pass it."
  value       = aws_iam_role.execution.arn
}

output "task_role_arn" {
  description = "Role of the running tasks; whoever registers a task definition must be allowed to pass it."
  value       = aws_iam_role.task.arn
}

output "hash_salt_secret_arn" {
  description = "ARN of the secret that holds the site's hash salt."
  value       = local.hash_salt_secret_arn
}
