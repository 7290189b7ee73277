# What the shared files are, and every value that is refused. Plans only: nothing is created.

mock_provider "aws" {}

variables {
  name               = "drupal"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_ids = ["sg-1"]
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_efs_file_system.this.encrypted
    error_message = "the files must be encrypted at rest"
  }
  assert {
    condition     = aws_efs_mount_target.this[*].subnet_id == ["subnet-1", "subnet-2"] && aws_efs_mount_target.this[1].security_groups == toset(["sg-1"])
    error_message = "every subnet needs a mount target behind the group"
  }
  assert {
    condition     = { for k, p in aws_efs_access_point.this : k => "${p.root_directory[0].path} ${p.posix_user[0].uid}:${p.posix_user[0].gid} ${p.root_directory[0].creation_info[0].permissions}" } == { public = "/public 33:33 2775", private = "/private 33:33 2775" }
    error_message = "each tree needs an access point of its own that pins folder and owner"
  }
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Drupal"
  }

  expect_failures = [var.name]
}

run "no_subnet" {
  command = plan

  variables {
    subnet_ids = []
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

run "six_groups" {
  command = plan

  variables {
    security_group_ids = ["1", "2", "3", "4", "5", "6"]
  }

  expect_failures = [var.security_group_ids]
}

run "owner_is_root" {
  command = plan

  variables {
    owner_id = 0
  }

  expect_failures = [var.owner_id]
}
