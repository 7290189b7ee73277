# The site: a Fargate service of identical tasks behind a load balancer.
#
# main.tf          cluster, log, task definition, service
# load_balancer.tf load balancer, target group, listeners
# roles.tf         what the tasks may do
# secrets.tf       the site's hash salt

data "aws_region" "current" {}

locals {
  # Nothing is pulled under this name: without an image the service has no task.
  image = var.image != null ? var.image : "${var.repository_url}:unreleased"

  environment = merge(var.environment, {
    DB_HOST     = var.database_address
    DB_PORT     = tostring(var.database_port)
    DB_NAME     = var.database_name
    PORT        = tostring(var.container_port)
    PROXY_CIDRS = var.vpc_cidr
    # A new image gives the site a new cached container, without a race between old and new tasks.
    IMAGE_DIGEST = local.image
  })

  secrets = merge(var.secrets, {
    DB_USER     = "${var.database_secret_arn}:username::"
    DB_PASSWORD = "${var.database_secret_arn}:password::"
    HASH_SALT   = local.hash_salt_secret_arn
  })

  # Where the container may write; its root file system is read-only.
  writable_paths = { tmp = "/tmp", files = "/mnt/files", private = "/mnt/private" }
  access_points = var.shared_files == null ? {} : {
    files   = var.shared_files.public_access_point_id
    private = var.shared_files.private_access_point_id
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/ecs/${var.name}"
  retention_in_days = var.log_retention_days

  tags = merge(var.tags, { Name = "/ecs/${var.name}" })
}

resource "aws_ecs_task_definition" "this" {
  family                   = var.name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = tostring(var.cpu)
  memory                   = tostring(var.memory)
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn

  # Only what differs from ECS's defaults, each list sorted: the provider compares this text with what ECS answers.
  container_definitions = jsonencode([merge(
    {
      name                   = var.container_name
      image                  = local.image
      essential              = true
      user                   = "33:33"
      readonlyRootFilesystem = true
      portMappings           = [{ containerPort = var.container_port, protocol = "tcp" }]
      environment            = [for n in sort(keys(local.environment)) : { name = n, value = local.environment[n] }]
      secrets                = [for n in sort(keys(local.secrets)) : { name = n, valueFrom = local.secrets[n] }]
      mountPoints            = [for n in sort(keys(local.writable_paths)) : { sourceVolume = n, containerPath = local.writable_paths[n] }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = data.aws_region.current.region
          awslogs-stream-prefix = "task"
        }
      }
    },
    # The container does not run as root, which by itself keeps it from ports below 1024.
    var.container_port < 1024 ? { systemControls = [{ namespace = "net.ipv4.ip_unprivileged_port_start", value = "0" }] } : {},
  )])

  dynamic "volume" {
    for_each = local.writable_paths

    content {
      name = volume.key

      dynamic "efs_volume_configuration" {
        for_each = contains(keys(local.access_points), volume.key) ? [local.access_points[volume.key]] : []

        content {
          file_system_id     = var.shared_files.file_system_id
          transit_encryption = "ENABLED"

          authorization_config {
            access_point_id = efs_volume_configuration.value
            iam             = "ENABLED"
          }
        }
      }
    }
  }

  tags = merge(var.tags, { Name = var.name })

  # The old revision is retired only after the service runs on the new one, so a rollback has something to go back to.
  lifecycle {
    create_before_destroy = true
  }
}

# Nothing of the service is in ignore_changes: the configuration says what runs. A release made outside Terraform
# shows in the plan as one change back; a service whose count is scaled from outside belongs to a stack with an
# autoscaling module, which this is not.
resource "aws_ecs_service" "this" {
  name            = var.name
  cluster         = aws_ecs_cluster.this.arn
  task_definition = aws_ecs_task_definition.this.arn
  launch_type     = "FARGATE"
  desired_count   = var.image != null ? var.desired_count : 0

  deployment_minimum_healthy_percent = var.deployment_minimum_healthy_percent
  deployment_maximum_percent         = var.deployment_maximum_percent
  health_check_grace_period_seconds  = var.health_check_grace_period_seconds
  wait_for_steady_state              = var.wait_for_steady_state

  # A revision whose tasks do not become healthy is given up and the last good one comes back.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  # The public address is the tasks' way out to the registry, the secrets and the log, without a NAT gateway; the
  # security group lets nobody but the load balancer in.
  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = var.task_security_group_ids
    assign_public_ip = true
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this.arn
    container_name   = var.container_name
    container_port   = var.container_port
  }

  tags = merge(var.tags, { Name = var.name })

  # ECS refuses a target group that no listener uses yet, and a task that starts before its role may pull fails.
  depends_on = [aws_lb_listener.http, aws_iam_role_policy.execution, aws_iam_role_policy.task_files, aws_secretsmanager_secret_version.hash_salt]
}
