# Every value that the network refuses, one by one: each must be caught by the check of that very variable, before
# anything is planned.

mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c", "eu-central-1d"] }
  }
}

variables {
  name = "drupal"
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

run "name_ends_with_hyphen" {
  command = plan

  variables {
    name = "drupal-"
  }

  expect_failures = [var.name]
}

run "vpc_not_a_range" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0"
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_not_ipv4" {
  command = plan

  variables {
    vpc_cidr = "fd00::/56"
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_with_host_bits" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.5/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_too_large" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/8"
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_too_small" {
  command = plan

  variables {
    vpc_cidr              = "10.0.0.0/29"
    public_subnet_cidrs   = ["10.0.0.0/28", "10.0.1.0/28"]
    database_subnet_cidrs = ["10.0.2.0/28", "10.0.3.0/28"]
  }

  expect_failures = [var.vpc_cidr]
}

run "vpc_too_small_to_derive_from" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/25"
  }

  expect_failures = [var.vpc_cidr]
}

run "one_zone" {
  command = plan

  variables {
    az_count = 1
  }

  expect_failures = [var.az_count]
}

run "five_zones" {
  command = plan

  variables {
    az_count = 5
  }

  expect_failures = [var.az_count]
}

run "half_a_zone" {
  command = plan

  variables {
    az_count = 2.5
  }

  expect_failures = [var.az_count]
}

run "zones_do_not_match_count" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "one_zone_twice" {
  command = plan

  variables {
    availability_zones = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "public_without_database_ranges" {
  command = plan

  variables {
    public_subnet_cidrs = ["10.0.1.0/24", "10.0.2.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "too_few_public_ranges" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.1.0/24"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "public_range_not_a_range" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "public_range_too_small" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2.0/29"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  expect_failures = [var.public_subnet_cidrs]
}

run "too_many_database_ranges" {
  command = plan

  variables {
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24", "10.0.5.0/24"]
    public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2.0/24"]
  }

  expect_failures = [var.database_subnet_cidrs]
}

run "database_range_with_host_bits" {
  command = plan

  variables {
    database_subnet_cidrs = ["10.0.3.1/24", "10.0.4.0/24"]
    public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2.0/24"]
  }

  expect_failures = [var.database_subnet_cidrs]
}

run "ranges_overlap_in_one_list" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.0.0/23", "10.0.1.0/24"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "ranges_overlap_across_lists" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.1.0/24", "10.0.2.0/24"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.2.128/25"]
  }

  expect_failures = [aws_vpc.this]
}

run "range_outside_the_vpc" {
  command = plan

  variables {
    public_subnet_cidrs   = ["10.0.1.0/24", "10.1.2.0/24"]
    database_subnet_cidrs = ["10.0.3.0/24", "10.0.4.0/24"]
  }

  expect_failures = [aws_vpc.this]
}

run "no_ingress_port" {
  command = plan

  variables {
    ingress_ports = []
  }

  expect_failures = [var.ingress_ports]
}

run "ingress_port_zero" {
  command = plan

  variables {
    ingress_ports = [0]
  }

  expect_failures = [var.ingress_ports]
}

run "ingress_port_too_high" {
  command = plan

  variables {
    ingress_ports = [65536]
  }

  expect_failures = [var.ingress_ports]
}

run "ingress_port_twice" {
  command = plan

  variables {
    ingress_ports = [80, 80]
  }

  expect_failures = [var.ingress_ports]
}

run "ingress_port_ssh" {
  command = plan

  variables {
    ingress_ports = [80, 22]
  }

  expect_failures = [var.ingress_ports]
}

run "ingress_port_database" {
  command = plan

  variables {
    ingress_ports = [3306]
  }

  expect_failures = [var.ingress_ports]
}

run "no_ingress_range" {
  command = plan

  variables {
    ingress_cidrs = []
  }

  expect_failures = [var.ingress_cidrs]
}

run "ingress_range_with_host_bits" {
  command = plan

  variables {
    ingress_cidrs = ["192.0.2.1/24"]
  }

  expect_failures = [var.ingress_cidrs]
}

run "ingress_range_twice" {
  command = plan

  variables {
    ingress_cidrs = ["192.0.2.0/24", "192.0.2.0/24"]
  }

  expect_failures = [var.ingress_cidrs]
}

run "container_port_zero" {
  command = plan

  variables {
    container_port = 0
  }

  expect_failures = [var.container_port]
}

run "container_port_fraction" {
  command = plan

  variables {
    container_port = 80.5
  }

  expect_failures = [var.container_port]
}

run "database_port_too_low" {
  command = plan

  variables {
    database_port = 1149
  }

  expect_failures = [var.database_port]
}

run "egress_without_https" {
  command = plan

  variables {
    task_egress_ports = [80]
  }

  expect_failures = [var.task_egress_ports]
}

run "egress_port_too_high" {
  command = plan

  variables {
    task_egress_ports = [443, 70000]
  }

  expect_failures = [var.task_egress_ports]
}
