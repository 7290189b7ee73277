output "url" {
  description = "Address of the site."
  value       = module.ecs.url
}

output "alb_dns_name" {
  description = "DNS name of the load balancer."
  value       = module.ecs.alb_dns_name
}

output "repository_name" {
  description = "Name of the image repository."
  value       = module.ecr.repository_name
}

output "repository_url" {
  description = "Address to push the image to, without a tag."
  value       = module.ecr.repository_url
}

output "cluster_name" {
  description = "Name of the ECS cluster."
  value       = module.ecs.cluster_name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = module.ecs.service_name
}

output "task_definition_arn" {
  description = "Revision that the service was told to run."
  value       = module.ecs.task_definition_arn
}

output "task_family" {
  description = "Family of the task definition."
  value       = module.ecs.task_family
}

output "container_name" {
  description = "Name of the container in the task."
  value       = module.ecs.container_name
}

output "image" {
  description = "Image that the service was told to run; null while none is set."
  value       = var.image
}

output "log_group_name" {
  description = "Log group of the tasks."
  value       = module.ecs.log_group_name
}

output "task_subnet_ids" {
  description = "Subnets for a one-off task."
  value       = module.network.public_subnet_ids
}

output "task_security_group_id" {
  description = "Security group for a one-off task."
  value       = module.network.task_security_group_id
}

output "vpc_id" {
  description = "Id of the VPC."
  value       = module.network.vpc_id
}

output "database_identifier" {
  description = "Identifier of the database instance."
  value       = module.rds.identifier
}

output "database_address" {
  description = "Host name of the database."
  value       = module.rds.address
}

output "database_port" {
  description = "TCP port of the database."
  value       = module.rds.port
}

output "database_name" {
  description = "Name of the database."
  value       = module.rds.database_name
}

output "database_engine_version" {
  description = "The MySQL release that runs."
  value       = module.rds.engine_version
}

output "database_secret_arn" {
  description = "ARN of the secret with the database user's name and password."
  value       = module.rds.master_user_secret_arn
}

output "hash_salt_secret_arn" {
  description = "ARN of the secret with the site's hash salt."
  value       = module.ecs.hash_salt_secret_arn
}
