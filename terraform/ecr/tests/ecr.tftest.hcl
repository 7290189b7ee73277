# What the repository is, and every value that is refused. Plans only: nothing is created.

mock_provider "aws" {}

variables {
  name = "drupal"
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_ecr_repository.this.name == "drupal" && aws_ecr_repository.this.image_tag_mutability == "MUTABLE" && aws_ecr_repository.this.force_delete
    error_message = "by default tags may move, and destroy deletes the images"
  }
}

run "for_keeps" {
  command = plan

  variables {
    image_tag_mutability = "IMMUTABLE"
    force_delete         = false
  }

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.force_delete == false
    error_message = "both choices must reach the repository"
  }
}

run "name_with_capitals" {
  command = plan

  variables {
    name = "Drupal"
  }

  expect_failures = [var.name]
}

run "name_of_one_letter" {
  command = plan

  variables {
    name = "d"
  }

  expect_failures = [var.name]
}

run "name_ends_with_slash" {
  command = plan

  variables {
    name = "drupal/"
  }

  expect_failures = [var.name]
}

run "mutability_unknown" {
  command = plan

  variables {
    image_tag_mutability = "SOMETIMES"
  }

  expect_failures = [var.image_tag_mutability]
}
