# The types of the stack, small. `step` 0 is as made, 1 changes what can be changed in place, 2 what must be replaced.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  default_tags {
    tags = { Project = "life" }
  }
}

variable "step" {
  type = number
}

variable "port" {
  type        = number
  description = "Of the engine: the registry is there."
}

locals {
  first   = var.step == 0
  changed = var.step >= 1 ? "changed" : "made"
  name    = var.step >= 2 ? "other" : "life"
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
}

# ---- network

resource "aws_vpc" "it" {
  cidr_block           = "10.0.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_internet_gateway" "it" {
  vpc_id = aws_vpc.it.id
}

resource "aws_subnet" "a" {
  vpc_id            = aws_vpc.it.id
  cidr_block        = "10.0.1.0/24"
  availability_zone = "us-east-1a"
}

resource "aws_subnet" "b" {
  vpc_id            = aws_vpc.it.id
  cidr_block        = "10.0.2.0/24"
  availability_zone = "us-east-1b"
}

resource "aws_route_table" "it" {
  vpc_id = aws_vpc.it.id
}

resource "aws_route" "it" {
  route_table_id         = aws_route_table.it.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.it.id
}

resource "aws_route_table_association" "a" {
  subnet_id      = aws_subnet.a.id
  route_table_id = aws_route_table.it.id
}

resource "aws_route_table_association" "b" {
  subnet_id      = aws_subnet.b.id
  route_table_id = aws_route_table.it.id
}

resource "aws_security_group" "front" {
  name        = "front"
  description = "load balancer"
  vpc_id      = aws_vpc.it.id
}

# Its rules are inline.
resource "aws_security_group" "task" {
  name        = "task"
  description = "task and database"
  vpc_id      = aws_vpc.it.id

  ingress {
    from_port       = 80
    to_port         = 80
    protocol        = "tcp"
    security_groups = [aws_security_group.front.id]
  }
  ingress {
    from_port   = 3306
    to_port     = local.first ? 3306 : 3307
    protocol    = "tcp"
    self        = true
    description = local.changed
  }
  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_vpc_security_group_ingress_rule" "front" {
  security_group_id = aws_security_group.front.id
  description       = local.changed
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = local.first ? "0.0.0.0/0" : "10.0.0.0/8"
}

resource "aws_vpc_security_group_egress_rule" "front" {
  security_group_id            = aws_security_group.front.id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
  referenced_security_group_id = aws_security_group.task.id
}

# ---- keys, secrets, logs, roles

resource "aws_kms_key" "it" {
  description             = local.changed
  deletion_window_in_days = 7
}

resource "aws_kms_key" "other" {
  deletion_window_in_days = 7
}

resource "aws_kms_alias" "it" {
  name          = "alias/${local.name}"
  target_key_id = local.first ? aws_kms_key.it.key_id : aws_kms_key.other.arn
}

resource "aws_secretsmanager_secret" "it" {
  name                    = local.name
  description             = local.changed
  kms_key_id              = aws_kms_key.it.arn
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "it" {
  secret_id     = aws_secretsmanager_secret.it.id
  secret_string = "word"
}

resource "aws_cloudwatch_log_group" "it" {
  name              = "/${local.name}"
  retention_in_days = local.first ? 7 : 14
}

resource "aws_iam_role" "it" {
  name               = "life"
  description        = local.changed
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "it" {
  name = "life"
  role = aws_iam_role.it.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = "*" },
      { Effect = "Allow", Action = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], Resource = local.first ? "*" : "arn:aws:ecr:*:*:repository/server" },
      { Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.it.arn}:*" },
    ]
  })
}

resource "aws_iam_policy" "it" {
  name   = local.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.first ? "logs:Get*" : "logs:List*", Resource = "*" }] })
}

resource "aws_iam_role_policy_attachment" "it" {
  role       = aws_iam_role.it.name
  policy_arn = aws_iam_policy.it.arn
}

resource "aws_ecr_repository" "it" {
  name                 = local.name
  image_tag_mutability = local.first ? "MUTABLE" : "IMMUTABLE"
  force_delete         = true
}

# ---- database

resource "aws_db_subnet_group" "it" {
  name        = "life"
  description = local.changed
  subnet_ids  = [aws_subnet.a.id, aws_subnet.b.id]
}

resource "aws_db_parameter_group" "it" {
  name   = "life"
  family = data.aws_rds_engine_version.it.parameter_group_family

  parameter {
    name  = "max_connections"
    value = local.first ? "50" : "60"
  }
}

data "aws_rds_engine_version" "it" {
  engine = "mysql"
}

resource "aws_db_instance" "it" {
  identifier                  = "life"
  engine                      = "mysql"
  engine_version              = data.aws_rds_engine_version.it.version_actual
  instance_class              = local.first ? "db.t3.micro" : "db.t3.small"
  allocated_storage           = 20
  storage_encrypted           = true
  db_name                     = "life"
  username                    = "admin"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.it.name
  vpc_security_group_ids      = [aws_security_group.task.id]
  parameter_group_name        = aws_db_parameter_group.it.name
  backup_retention_period     = 0
  apply_immediately           = true
  skip_final_snapshot         = true
}

# ---- service

resource "aws_lb" "it" {
  name            = "life"
  subnets         = [aws_subnet.a.id, aws_subnet.b.id]
  security_groups = [aws_security_group.front.id]
  idle_timeout    = local.first ? 60 : 61
}

resource "aws_lb_target_group" "it" {
  name                 = "life"
  port                 = 80
  protocol             = "HTTP"
  vpc_id               = aws_vpc.it.id
  target_type          = "ip"
  deregistration_delay = local.first ? 0 : 1

  health_check {
    path              = "/health"
    interval          = 5
    timeout           = 2
    healthy_threshold = local.first ? 2 : 3
    matcher           = "200-399"
  }
}

resource "aws_lb_target_group" "other" {
  name        = "other"
  port        = 80
  protocol    = "HTTP"
  vpc_id      = aws_vpc.it.id
  target_type = "ip"
}

resource "aws_lb_listener" "it" {
  load_balancer_arn = aws_lb.it.arn
  port              = local.first ? 80 : 81
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.it.arn
  }
}

resource "aws_ecs_cluster" "it" {
  name = "life"
  tags = { Step = local.changed }
}

resource "aws_ecs_task_definition" "it" {
  family                   = "life"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = "256"
  memory                   = "512"
  execution_role_arn       = aws_iam_role.it.arn
  container_definitions = jsonencode([{
    name         = "server"
    image        = "localhost:${var.port}/server:v1"
    essential    = true
    command      = ["listen"]
    environment  = [{ name = "STEP", value = var.step >= 2 ? "2" : "1" }]
    portMappings = [{ containerPort = 80, protocol = "tcp" }]
    mountPoints  = [{ sourceVolume = "files", containerPath = "/files", readOnly = false }]
    logConfiguration = {
      logDriver = "awslogs"
      options   = { awslogs-group = aws_cloudwatch_log_group.it.name, awslogs-region = "us-east-1", awslogs-stream-prefix = "life" }
    }
  }])

  volume {
    name = "files"
  }

  depends_on = [aws_iam_role_policy.it]
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_ecs_service" "it" {
  name                  = "life"
  cluster               = aws_ecs_cluster.it.arn
  task_definition       = aws_ecs_task_definition.it.arn
  desired_count         = local.first ? 1 : 2
  launch_type           = "FARGATE"
  wait_for_steady_state = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = [aws_subnet.a.id, aws_subnet.b.id]
    security_groups  = [aws_security_group.task.id]
    assign_public_ip = true
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.it.arn
    container_name   = "server"
    container_port   = 80
  }

  depends_on = [aws_lb_listener.it, aws_route.it, aws_route_table_association.a, aws_route_table_association.b]
}
