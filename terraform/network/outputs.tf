output "vpc_id" {
  description = "Id of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr" {
  description = "IPv4 range of the VPC; requests reach the tasks from load balancer addresses inside it."
  value       = aws_vpc.this.cidr_block
}

output "availability_zones" {
  description = "Zones in use, in the order of the subnets."
  value       = local.zones
}

# A subnet is of use only with its route, a group only with its rules: the outputs wait for them, so that nothing
# downstream starts a task that cannot reach its registry yet.
output "public_subnet_ids" {
  description = "Ids of the public subnets, one for each zone."
  value       = aws_subnet.public[*].id
  depends_on  = [aws_route.internet, aws_route_table_association.public]
}

output "database_subnet_ids" {
  description = "Ids of the database subnets, one for each zone."
  value       = aws_subnet.database[*].id
  depends_on  = [aws_route_table_association.database]
}

output "alb_security_group_id" {
  description = "Security group of the load balancer."
  value       = aws_security_group.alb.id
  depends_on  = [aws_vpc_security_group_ingress_rule.alb, aws_vpc_security_group_egress_rule.alb_to_task]
}

output "task_security_group_id" {
  description = "Security group of the tasks."
  value       = aws_security_group.task.id
  depends_on = [
    aws_vpc_security_group_ingress_rule.task_from_alb,
    aws_vpc_security_group_egress_rule.task_to_database,
    aws_vpc_security_group_egress_rule.task_to_internet,
    aws_vpc_security_group_egress_rule.task_to_files,
  ]
}

output "database_security_group_id" {
  description = "Security group of the database."
  value       = aws_security_group.database.id
  depends_on  = [aws_vpc_security_group_ingress_rule.database_from_task]
}

output "files_security_group_id" {
  description = "Security group of the shared file system's mount targets, or null without shared files."
  value       = one(aws_security_group.files[*].id)
  depends_on  = [aws_vpc_security_group_ingress_rule.files_from_task]
}
