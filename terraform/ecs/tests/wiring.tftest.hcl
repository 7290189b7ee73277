# How the parts of the service are put together. Plans only: nothing is created and no AWS call is made.
#
# Not a mock provider: those know no ephemeral resources. The real one plans without a call, once the few data sources
# are given here and the hash salt's secret is there already.

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

run "no_image_yet" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.desired_count == 0
    error_message = "without an image the service must have no task"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal:unreleased"
    error_message = "without an image the task definition must name one that nobody pushes"
  }
}

run "with_an_image" {
  command = plan

  variables {
    image         = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    desired_count = 2
  }

  assert {
    condition     = aws_ecs_service.this.desired_count == 2
    error_message = "with an image the service must have desired_count tasks"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].image == var.image
    error_message = "the task must run the image that was given"
  }
  assert {
    condition     = { for e in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : e.name => e.value }["IMAGE_DIGEST"] == var.image
    error_message = "the site must know which image it is"
  }
}

run "the_container" {
  command = plan

  variables {
    environment   = { TRUSTED_HOSTS = "www.example.org" }
    secrets       = { SMTP_LOGIN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:smtp-MnOpQr:login::" }
    database_port = 3307
  }

  assert {
    condition = { for e in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].environment : e.name => e.value } == {
      DB_HOST       = "drupal.abc.eu-central-1.rds.amazonaws.com"
      DB_NAME       = "site"
      DB_PORT       = "3307"
      IMAGE_DIGEST  = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal:unreleased"
      PORT          = "80"
      PROXY_CIDRS   = "10.0.0.0/16"
      TRUSTED_HOSTS = "www.example.org"
    }
    error_message = "environment must hold the database's address, the port, the proxies and what the caller adds, and nothing secret"
  }
  assert {
    condition = { for e in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].secrets : e.name => e.valueFrom } == {
      DB_PASSWORD = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf:password::"
      DB_USER     = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf:username::"
      HASH_SALT   = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:salt-GhIjKl"
      SMTP_LOGIN  = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:smtp-MnOpQr:login::"
    }
    error_message = "secrets must hold the database user, the hash salt and what the caller adds"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].user == "33:33" && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].readonlyRootFilesystem
    error_message = "the container must not run as root, nor write to its root file system"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].systemControls == [{ namespace = "net.ipv4.ip_unprivileged_port_start", value = "0" }]
    error_message = "a container that is not root needs the kernel setting to listen on port 80"
  }
  assert {
    condition     = { for m in jsondecode(aws_ecs_task_definition.this.container_definitions)[0].mountPoints : m.containerPath => m.sourceVolume } == { "/tmp" = "tmp", "/mnt/files" = "files", "/mnt/private" = "private" }
    error_message = "the container must be able to write to /tmp, /mnt/files and /mnt/private"
  }
  assert {
    condition     = toset([for v in aws_ecs_task_definition.this.volume : v.name]) == toset(["tmp", "files", "private"])
    error_message = "every mount point needs its volume"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.this.container_definitions)[0].logConfiguration.options["awslogs-group"] == "/ecs/drupal"
    error_message = "the container must log to the module's log group"
  }
}

run "a_high_port_needs_no_kernel_setting" {
  command = plan

  variables {
    container_port = 8080
  }

  assert {
    condition     = !contains(keys(jsondecode(aws_ecs_task_definition.this.container_definitions)[0]), "systemControls")
    error_message = "a port of 1024 or more needs no kernel setting"
  }
  assert {
    condition     = one(aws_ecs_service.this.load_balancer).container_port == 8080 && jsondecode(aws_ecs_task_definition.this.container_definitions)[0].portMappings[0].containerPort == 8080
    error_message = "the load balancer must send requests to the container's port"
  }
}

run "execution_role_reads_only_what_the_tasks_need" {
  command = plan

  variables {
    secrets = { SMTP_LOGIN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:smtp-MnOpQr:login::" }
  }

  assert {
    condition = {
      for s in jsondecode(aws_iam_role_policy.execution.policy).Statement : s.Sid => { actions = s.Action, resources = s.Resource }
      } == {
      RegistryLogin = { actions = ["ecr:GetAuthorizationToken"], resources = ["*"] }
      Pull = {
        actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        resources = ["arn:aws:ecr:eu-central-1:111122223333:repository/drupal"]
      }
      Log = {
        actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        resources = ["arn:aws:logs:eu-central-1:111122223333:log-group:/ecs/drupal:*"]
      }
      Secrets = {
        actions = ["secretsmanager:GetSecretValue"]
        resources = [
          "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf",
          "arn:aws:secretsmanager:eu-central-1:111122223333:secret:salt-GhIjKl",
          "arn:aws:secretsmanager:eu-central-1:111122223333:secret:smtp-MnOpQr",
        ]
      }
    }
    error_message = "the execution role must be allowed exactly to pull this repository, write this log and read these secrets"
  }
  assert {
    condition     = length(aws_iam_role_policy.task_files) == 0
    error_message = "without shared files the site itself must be allowed nothing"
  }
  assert {
    condition     = jsondecode(aws_iam_role.task.assume_role_policy).Statement[0].Principal == { Service = "ecs-tasks.amazonaws.com" }
    error_message = "only tasks may assume the roles"
  }
}

run "own_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/1"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.execution.policy).Statement[4].Resource == ["arn:aws:kms:eu-central-1:111122223333:key/1"] && jsondecode(aws_iam_role_policy.execution.policy).Statement[4].Action == ["kms:Decrypt"]
    error_message = "with a key of one's own the execution role must be allowed to decrypt with it"
  }
}

run "shared_files" {
  command = plan

  variables {
    shared_files = {
      file_system_id           = "fs-1"
      file_system_arn          = "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-1"
      public_access_point_id   = "fsap-1"
      public_access_point_arn  = "arn:aws:elasticfilesystem:eu-central-1:111122223333:access-point/fsap-1"
      private_access_point_id  = "fsap-2"
      private_access_point_arn = "arn:aws:elasticfilesystem:eu-central-1:111122223333:access-point/fsap-2"
    }
  }

  assert {
    condition = {
      for v in aws_ecs_task_definition.this.volume : v.name => try(v.efs_volume_configuration[0].authorization_config[0].access_point_id, null)
    } == { tmp = null, files = "fsap-1", private = "fsap-2" }
    error_message = "files and private must be on the file system, each by its access point, and /tmp must not"
  }
  assert {
    condition     = alltrue([for v in aws_ecs_task_definition.this.volume : v.efs_volume_configuration[0].transit_encryption == "ENABLED" && v.efs_volume_configuration[0].authorization_config[0].iam == "ENABLED" if v.name != "tmp"])
    error_message = "shared files must be mounted encrypted and with the task's identity"
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.task_files[0].policy).Statement[0].Resource == ["arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-1"]
    error_message = "the task role must be allowed to mount this file system and no other"
  }
}

run "the_service_defaults" {
  command = plan

  assert {
    condition     = aws_lb_target_group.this.health_check[0].path == "/" && aws_lb_target_group.this.health_check[0].interval == 30 && aws_lb_target_group.this.target_type == "ip"
    error_message = "the health check must ask / every 30 seconds of each task's address"
  }
  assert {
    condition     = [for l in aws_lb_listener.http : "${l.protocol}:${l.port}"] == ["HTTP:80"]
    error_message = "there must be one listener, HTTP:80"
  }
  assert {
    condition     = aws_ecs_service.this.deployment_circuit_breaker[0].enable && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "a deployment that fails must be rolled back"
  }
  assert {
    condition     = aws_ecs_service.this.network_configuration[0].assign_public_ip && aws_ecs_service.this.network_configuration[0].security_groups == toset(["sg-2"])
    error_message = "tasks need a way out, behind their own group"
  }
  assert {
    condition     = output.url == "http://drupal-1.eu-central-1.elb.amazonaws.com/"
    error_message = "url must be the load balancer's"
  }
}

run "another_listener_port" {
  command = plan

  variables {
    listener_ports = [8080]
  }

  assert {
    condition     = output.url == "http://drupal-1.eu-central-1.elb.amazonaws.com:8080/"
    error_message = "url must carry a port that is not HTTP's own"
  }
}
