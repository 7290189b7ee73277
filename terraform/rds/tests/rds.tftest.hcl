# What the database is, and every value that is refused. Plans only: nothing is created.

mock_provider "aws" {
  mock_data "aws_rds_engine_version" {
    defaults = { version_actual = "9.7.4", parameter_group_family = "mysql9.7" }
  }
}

variables {
  name               = "drupal"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_db_instance.this.engine == "mysql" && aws_db_instance.this.engine_version == "9.7"
    error_message = "the instance must be of the series that was found, at whatever release"
  }
  assert {
    condition     = aws_db_parameter_group.this.family == "mysql9.7"
    error_message = "the parameters must be of the family that was found"
  }
  assert {
    condition     = { for p in aws_db_parameter_group.this.parameter : p.name => "${p.value} ${p.apply_method}" } == { require_secure_transport = "1 immediate", transaction_isolation = "READ-COMMITTED immediate", character_set_server = "utf8mb4 immediate" }
    error_message = "connections must be encrypted, transactions READ-COMMITTED, text utf8mb4"
  }
  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "AWS must make and keep the password"
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && !aws_db_instance.this.publicly_accessible && aws_db_instance.this.vpc_security_group_ids == toset(["sg-1"])
    error_message = "the database must be encrypted and private"
  }
  assert {
    condition     = aws_db_instance.this.backup_retention_period == 0 && !aws_db_instance.this.multi_az
    error_message = "this stack has neither automated backups nor a standby"
  }
  assert {
    condition     = aws_db_instance.this.skip_final_snapshot && !aws_db_instance.this.deletion_protection
    error_message = "by default destroy deletes the data"
  }
}

run "prefers_the_newest_release_of_each_series_in_order" {
  command = plan

  assert {
    condition     = length(data.aws_rds_engine_version.this.preferred_versions) == 300 && data.aws_rds_engine_version.this.preferred_versions[0] == "8.4.99" && data.aws_rds_engine_version.this.preferred_versions[99] == "8.4.0" && data.aws_rds_engine_version.this.preferred_versions[100] == "9.7.99" && data.aws_rds_engine_version.this.preferred_versions[299] == "8.0.0"
    error_message = "8.4, then 9.7, then 8.0, each from its newest release down"
  }
}

run "one_release" {
  command = plan

  variables {
    engine_versions = ["9.7.4", "8.4"]
  }

  assert {
    condition     = slice(data.aws_rds_engine_version.this.preferred_versions, 0, 2) == tolist(["9.7.4", "8.4.99"]) && aws_db_instance.this.engine_version == "9.7.4"
    error_message = "a release that was asked for by name must be kept"
  }
}

run "for_keeps" {
  command = plan

  variables {
    deletion_protection       = true
    final_snapshot_identifier = "drupal-final"
  }

  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot && aws_db_instance.this.final_snapshot_identifier == "drupal-final"
    error_message = "the instance must be protected and leave a snapshot"
  }
}

run "own_parameters" {
  command = plan

  variables {
    parameters = {
      long_query_time       = { value = "1" }
      performance_schema    = { value = "1", apply_method = "pending-reboot" }
      transaction_isolation = { value = "REPEATABLE-READ" }
    }
  }

  assert {
    condition = { for p in aws_db_parameter_group.this.parameter : p.name => "${p.value} ${p.apply_method}" } == {
      require_secure_transport = "1 immediate", transaction_isolation = "REPEATABLE-READ immediate", character_set_server = "utf8mb4 immediate"
      long_query_time          = "1 immediate", performance_schema = "1 pending-reboot"
    }
    error_message = "given parameters must be added, and win over the module's"
  }
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Drupal"
  }

  expect_failures = [var.name]
}

run "name_with_two_hyphens" {
  command = plan

  variables {
    name = "dru--pal"
  }

  expect_failures = [var.name]
}

run "one_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}

run "no_group" {
  command = plan

  variables {
    security_group_ids = []
  }

  expect_failures = [var.security_group_ids]
}

run "no_version" {
  command = plan

  variables {
    engine_versions = []
  }

  expect_failures = [var.engine_versions]
}

run "version_not_a_version" {
  command = plan

  variables {
    engine_versions = ["latest"]
  }

  expect_failures = [var.engine_versions]
}

run "version_without_series" {
  command = plan

  variables {
    engine_versions = ["8"]
  }

  expect_failures = [var.engine_versions]
}

run "version_twice" {
  command = plan

  variables {
    engine_versions = ["8.4", "8.4"]
  }

  expect_failures = [var.engine_versions]
}

run "class_not_a_class" {
  command = plan

  variables {
    instance_class = "t3.micro"
  }

  expect_failures = [var.instance_class]
}

run "storage_too_small" {
  command = plan

  variables {
    allocated_storage = 19
  }

  expect_failures = [var.allocated_storage]
}

run "storage_too_large" {
  command = plan

  variables {
    allocated_storage = 65537
  }

  expect_failures = [var.allocated_storage]
}

run "database_name_with_hyphen" {
  command = plan

  variables {
    database_name = "my-site"
  }

  expect_failures = [var.database_name]
}

run "database_name_reserved" {
  command = plan

  variables {
    database_name = "mysql"
  }

  expect_failures = [var.database_name]
}

run "username_starts_with_digit" {
  command = plan

  variables {
    username = "1drupal"
  }

  expect_failures = [var.username]
}

run "username_reserved" {
  command = plan

  variables {
    username = "rdsadmin"
  }

  expect_failures = [var.username]
}

run "port_too_low" {
  command = plan

  variables {
    port = 80
  }

  expect_failures = [var.port]
}

run "parameter_weakens_encryption" {
  command = plan

  variables {
    parameters = { require_secure_transport = { value = "0" } }
  }

  expect_failures = [var.parameters]
}

run "parameter_with_capitals" {
  command = plan

  variables {
    parameters = { Long_Query_Time = { value = "1" } }
  }

  expect_failures = [var.parameters]
}

run "parameter_method_unknown" {
  command = plan

  variables {
    parameters = { long_query_time = { value = "1", apply_method = "later" } }
  }

  expect_failures = [var.parameters]
}

run "key_by_alias" {
  command = plan

  variables {
    kms_key_id = "alias/drupal"
  }

  expect_failures = [var.kms_key_id]
}

run "snapshot_name_with_underscore" {
  command = plan

  variables {
    final_snapshot_identifier = "my_site"
  }

  expect_failures = [var.final_snapshot_identifier]
}
