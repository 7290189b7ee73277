# How the modules are composed. Plans only: nothing is created and no AWS call is made.
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
  target = module.network.data.aws_availability_zones.available
  values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
}

override_data {
  target = module.rds.data.aws_rds_engine_version.this
  values = { version_actual = "8.4.6", parameter_group_family = "mysql8.4" }
}

override_data {
  target = module.ecs.data.aws_region.current
  values = { region = "eu-central-1" }
}

override_resource {
  target          = module.rds.aws_db_instance.this
  override_during = plan
  values = {
    address            = "drupal.abc.eu-central-1.rds.amazonaws.com"
    master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf", kms_key_id = "", secret_status = "active" }]
  }
}

override_resource {
  target          = module.ecr.aws_ecr_repository.this
  override_during = plan
  values = {
    arn            = "arn:aws:ecr:eu-central-1:111122223333:repository/drupal"
    repository_url = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal"
  }
}

variables {
  name                 = "drupal"
  hash_salt_secret_arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:salt-GhIjKl"
}

run "defaults" {
  command = plan

  assert {
    condition     = output.repository_url == "111122223333.dkr.ecr.eu-central-1.amazonaws.com/drupal" && output.cluster_name == "drupal" && output.service_name == "drupal" && output.database_identifier == "drupal"
    error_message = "everything must carry the stack's name"
  }
  assert {
    condition     = output.database_address == "drupal.abc.eu-central-1.rds.amazonaws.com" && output.database_port == 3306 && output.database_name == "drupal"
    error_message = "the database's address must come out without its port"
  }
  assert {
    condition     = output.database_secret_arn == "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!db-1-AbCdEf"
    error_message = "the database's secret must come out as an ARN, never as its content"
  }
}

run "one_task_has_no_file_system" {
  command = plan

  assert {
    condition     = length(module.efs) == 0
    error_message = "one task needs no shared file system"
  }
}

run "many_tasks_share_their_files" {
  command = plan

  variables {
    desired_count = 2
  }

  assert {
    condition     = length(module.efs) == 1
    error_message = "more than one task must share a file system"
  }
}

run "one_task_may_have_a_file_system" {
  command = plan

  variables {
    shared_files = true
  }

  assert {
    condition     = length(module.efs) == 1
    error_message = "shared_files = true must make the file system"
  }
}

run "many_tasks_without_shared_files_are_worth_a_warning" {
  command = plan

  variables {
    desired_count = 2
    shared_files  = false
  }

  expect_failures = [check.files]
}

run "name_invalid" {
  command = plan

  variables {
    name = "My site"
  }

  expect_failures = [var.name]
}

run "name_reserved_for_load_balancers" {
  command = plan

  variables {
    name = "internal-site"
  }

  expect_failures = [var.name]
}

run "region_invalid" {
  command = plan

  variables {
    region = "Frankfurt"
  }

  expect_failures = [var.region]
}

run "tag_reserved_by_aws" {
  command = plan

  variables {
    tags = { "aws:team" = "web" }
  }

  expect_failures = [var.tags]
}

run "tag_set_by_the_stack" {
  command = plan

  variables {
    tags = { Project = "other" }
  }

  expect_failures = [var.tags]
}
