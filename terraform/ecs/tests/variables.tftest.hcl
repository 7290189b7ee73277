# Every value that the service refuses, one by one: each must be caught by the check of that very variable, before
# anything is planned. (Why not a mock provider: see wiring.tftest.hcl.)

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_region.current
  values = { region = "eu-central-1" }
}

override_resource {
  target          = aws_cloudwatch_log_group.this
  override_during = plan
  values          = { arn = "arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/drupal" }
}

override_resource {
  target          = aws_iam_role.execution
  override_during = plan
  values          = { arn = "arn:aws:iam::111122223333:role/drupal-execution" }
}

override_resource {
  target          = aws_iam_role.task
  override_during = plan
  values          = { arn = "arn:aws:iam::111122223333:role/drupal-task" }
}

override_resource {
  target          = aws_lb.this
  override_during = plan
  values          = { dns_name = "drupal-1.eu-central-1.elb.amazonaws.com" }
}

variables {
  name                    = "drupal"
  vpc_id                  = "vpc-1"
  vpc_cidr                = "10.0.0.0/16"
  subnet_ids              = ["subnet-1", "subnet-2"]
  alb_security_group_ids  = ["sg-1"]
  task_security_group_ids = ["sg-2"]
  repository_url          = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal"
  repository_arn          = "arn:aws:ecr:eu-central-1:111122223333:repository/drupal"
  database_address        = "drupal.abc.eu-central-1.rds.amazonaws.com"
  database_name           = "site"
  database_secret_arn     = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf"
  hash_salt_secret_arn    = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:salt-GhIjKl"
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Drupal"
  }

  expect_failures = [var.name]
}

run "name_too_long" {
  command = plan

  variables {
    name = "a-name-of-twenty-one-c"
  }

  expect_failures = [var.name]
}

run "vpc_range_not_a_range" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr]
}

run "one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "no_alb_group" {
  command = plan

  variables {
    alb_security_group_ids = []
  }

  expect_failures = [var.alb_security_group_ids]
}

run "no_task_group" {
  command = plan

  variables {
    task_security_group_ids = []
  }

  expect_failures = [var.task_security_group_ids]
}

run "image_without_tag" {
  command = plan

  variables {
    image = "registry.example.org/drupal"
  }

  expect_failures = [var.image]
}

run "image_with_short_digest" {
  command = plan

  variables {
    image = "registry.example.org/drupal@sha256:0123"
  }

  expect_failures = [var.image]
}

run "container_name_with_dot" {
  command = plan

  variables {
    container_name = "my.site"
  }

  expect_failures = [var.container_name]
}

run "container_port_too_high" {
  command = plan

  variables {
    container_port = 65536
  }

  expect_failures = [var.container_port]
}

run "cpu_not_offered" {
  command = plan

  variables {
    cpu = 300
  }

  expect_failures = [var.cpu]
}

run "memory_not_offered_for_cpu" {
  command = plan

  variables {
    memory = 4096
  }

  expect_failures = [var.memory]
}

run "memory_too_small_for_cpu" {
  command = plan

  variables {
    memory = 512
    cpu    = 512
  }

  expect_failures = [var.memory]
}

run "memory_between_steps" {
  command = plan

  variables {
    memory = 1536
    cpu    = 512
  }

  expect_failures = [var.memory]
}

run "memory_of_sixteen_cpus" {
  command = plan

  variables {
    memory = 65535
    cpu    = 16384
  }

  expect_failures = [var.memory]
}

run "environment_sets_what_the_module_sets" {
  command = plan

  variables {
    environment = { DB_HOST = "elsewhere" }
  }

  expect_failures = [var.environment]
}

run "environment_carries_a_password" {
  command = plan

  variables {
    environment = { SMTP_PASSWORD = "x" }
  }

  expect_failures = [var.environment]
}

run "environment_name_with_hyphen" {
  command = plan

  variables {
    environment = { MY-NAME = "x" }
  }

  expect_failures = [var.environment]
}

run "secret_not_an_arn" {
  command = plan

  variables {
    secrets = { TOKEN = "token" }
  }

  expect_failures = [var.secrets]
}

run "database_address_with_port" {
  command = plan

  variables {
    database_address = "db.example.org:3306"
  }

  expect_failures = [var.database_address]
}

run "database_port_zero" {
  command = plan

  variables {
    database_port = 0
  }

  expect_failures = [var.database_port]
}

run "desired_count_negative" {
  command = plan

  variables {
    desired_count = -1
  }

  expect_failures = [var.desired_count]
}

run "desired_count_fraction" {
  command = plan

  variables {
    desired_count = 1.5
  }

  expect_failures = [var.desired_count]
}

run "desired_count_too_high" {
  command = plan

  variables {
    desired_count = 101
  }

  expect_failures = [var.desired_count]
}

run "minimum_too_high" {
  command = plan

  variables {
    deployment_minimum_healthy_percent = 101
  }

  expect_failures = [var.deployment_minimum_healthy_percent]
}

run "maximum_too_high" {
  command = plan

  variables {
    deployment_maximum_percent = 201
  }

  expect_failures = [var.deployment_maximum_percent]
}

run "maximum_below_100" {
  command = plan

  variables {
    deployment_maximum_percent = 99
    desired_count              = 0
  }

  expect_failures = [var.deployment_maximum_percent]
}

run "no_room_for_a_deployment" {
  command = plan

  variables {
    deployment_maximum_percent = 100
  }

  expect_failures = [var.deployment_maximum_percent]
}

run "no_room_after_rounding" {
  command = plan

  variables {
    deployment_maximum_percent         = 150
    deployment_minimum_healthy_percent = 50
  }

  expect_failures = [var.deployment_maximum_percent]
}

run "health_path_relative" {
  command = plan

  variables {
    health_check_path = "healthz"
  }

  expect_failures = [var.health_check_path]
}

run "health_path_with_space" {
  command = plan

  variables {
    health_check_path = "/health check"
  }

  expect_failures = [var.health_check_path]
}

run "health_interval_too_short" {
  command = plan

  variables {
    health_check_interval = 4
    health_check_timeout  = 2
  }

  expect_failures = [var.health_check_interval]
}

run "health_timeout_too_short" {
  command = plan

  variables {
    health_check_timeout = 1
  }

  expect_failures = [var.health_check_timeout]
}

run "health_timeout_as_long_as_interval" {
  command = plan

  variables {
    health_check_timeout  = 10
    health_check_interval = 10
  }

  expect_failures = [var.health_check_timeout]
}

run "healthy_threshold_too_low" {
  command = plan

  variables {
    health_check_healthy_threshold = 1
  }

  expect_failures = [var.health_check_healthy_threshold]
}

run "unhealthy_threshold_too_high" {
  command = plan

  variables {
    health_check_unhealthy_threshold = 11
  }

  expect_failures = [var.health_check_unhealthy_threshold]
}

run "matcher_not_codes" {
  command = plan

  variables {
    health_check_matcher = "OK"
  }

  expect_failures = [var.health_check_matcher]
}

run "matcher_server_errors" {
  command = plan

  variables {
    health_check_matcher = "200-599"
  }

  expect_failures = [var.health_check_matcher]
}

run "grace_period_negative" {
  command = plan

  variables {
    health_check_grace_period_seconds = -1
  }

  expect_failures = [var.health_check_grace_period_seconds]
}

run "deregistration_too_long" {
  command = plan

  variables {
    deregistration_delay = 3601
  }

  expect_failures = [var.deregistration_delay]
}

run "no_listener" {
  command = plan

  variables {
    listener_ports = []
  }

  expect_failures = [var.listener_ports]
}

run "listener_port_twice" {
  command = plan

  variables {
    listener_ports = [80, 80]
  }

  expect_failures = [var.listener_ports]
}

run "retention_not_offered" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "hash_salt_version_zero" {
  command = plan

  variables {
    hash_salt_version = 0
  }

  expect_failures = [var.hash_salt_version]
}

run "hash_salt_not_an_arn" {
  command = plan

  variables {
    hash_salt_secret_arn = "salt"
  }

  expect_failures = [var.hash_salt_secret_arn]
}

run "recovery_window_too_short" {
  command = plan

  variables {
    secret_recovery_window_days = 3
  }

  expect_failures = [var.secret_recovery_window_days]
}
