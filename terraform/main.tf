# The whole stack: network → ecr → rds → efs → ecs.

locals {
  # Null in the variable: what the number of tasks asks for.
  shared_files = var.shared_files != null ? var.shared_files : var.desired_count > 1
}

# A warning, not an error: a site that keeps its files elsewhere, or nobody's, runs well on many tasks.
check "files" {
  assert {
    condition     = var.desired_count <= 1 || local.shared_files
    error_message = "desired_count is ${var.desired_count} with shared_files = false: a file that is uploaded to one task is not on the others, and ends with its task. See efs/README.md."
  }
}

module "network" {
  source = "./network"

  name                  = var.name
  vpc_cidr              = var.vpc_cidr
  az_count              = var.az_count
  availability_zones    = var.availability_zones
  public_subnet_cidrs   = var.public_subnet_cidrs
  database_subnet_cidrs = var.database_subnet_cidrs
  ingress_ports         = var.ingress_ports
  ingress_cidrs         = var.ingress_cidrs
  container_port        = var.container_port
  database_port         = var.database_port
  task_egress_ports     = var.task_egress_ports
  shared_files          = local.shared_files
}

module "ecr" {
  source = "./ecr"

  name                 = var.name
  image_tag_mutability = var.image_tag_mutability
  force_delete         = !var.keep_data_on_destroy
}

module "rds" {
  source = "./rds"

  name                      = var.name
  subnet_ids                = module.network.database_subnet_ids
  security_group_ids        = [module.network.database_security_group_id]
  engine_versions           = var.engine_versions
  instance_class            = var.instance_class
  allocated_storage         = var.allocated_storage
  database_name             = var.database_name
  port                      = var.database_port
  parameters                = var.database_parameters
  deletion_protection       = var.deletion_protection
  final_snapshot_identifier = var.keep_data_on_destroy ? "${var.name}-final" : null
}

module "efs" {
  source = "./efs"
  count  = local.shared_files ? 1 : 0

  name               = var.name
  subnet_ids         = module.network.public_subnet_ids
  security_group_ids = [module.network.files_security_group_id]
}

module "ecs" {
  source = "./ecs"

  name                    = var.name
  vpc_id                  = module.network.vpc_id
  vpc_cidr                = module.network.vpc_cidr
  subnet_ids              = module.network.public_subnet_ids
  alb_security_group_ids  = [module.network.alb_security_group_id]
  task_security_group_ids = [module.network.task_security_group_id]

  repository_url = module.ecr.repository_url
  repository_arn = module.ecr.repository_arn
  image          = var.image
  container_port = var.container_port
  cpu            = var.cpu
  memory         = var.memory
  environment    = var.environment
  secrets        = var.secrets

  hash_salt_secret_arn = var.hash_salt_secret_arn

  database_address    = module.rds.address
  database_port       = module.rds.port
  database_name       = module.rds.database_name
  database_secret_arn = module.rds.master_user_secret_arn

  shared_files = one(module.efs[*].shared_files)

  desired_count                      = var.desired_count
  deployment_minimum_healthy_percent = var.deployment_minimum_healthy_percent
  deployment_maximum_percent         = var.deployment_maximum_percent
  listener_ports                     = var.ingress_ports
  health_check_path                  = var.health_check_path
  health_check_interval              = var.health_check_interval
  health_check_grace_period_seconds  = var.health_check_grace_period_seconds
  deregistration_delay               = var.deregistration_delay
  wait_for_steady_state              = var.wait_for_steady_state
  log_retention_days                 = var.log_retention_days
  secret_recovery_window_days        = var.keep_data_on_destroy ? 30 : 0
}
