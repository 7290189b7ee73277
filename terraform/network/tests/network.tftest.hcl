# How the network is put together. Plans only: nothing is created.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }
}

override_resource {
  target          = aws_security_group.alb
  override_during = plan
  values          = { id = "sg-alb" }
}

override_resource {
  target          = aws_security_group.task
  override_during = plan
  values          = { id = "sg-task" }
}

override_resource {
  target          = aws_security_group.database
  override_during = plan
  values          = { id = "sg-database" }
}

override_resource {
  target          = aws_route_table.public
  override_during = plan
  values          = { id = "rtb-public" }
}

override_resource {
  target          = aws_route_table.database
  override_during = plan
  values          = { id = "rtb-database" }
}

override_resource {
  target          = aws_internet_gateway.this
  override_during = plan
  values          = { id = "igw-1" }
}

variables {
  name = "drupal"
}

run "defaults" {
  command = plan

  assert {
    condition     = aws_vpc.this.cidr_block == "10.0.0.0/16" && aws_vpc.this.enable_dns_hostnames
    error_message = "the VPC must be 10.0.0.0/16 with DNS names"
  }
  assert {
    condition     = [for s in aws_subnet.public : "${s.availability_zone} ${s.cidr_block}"] == ["eu-central-1a 10.0.1.0/24", "eu-central-1b 10.0.2.0/24"]
    error_message = "there must be a public subnet in each of two zones"
  }
  assert {
    condition     = [for s in aws_subnet.database : "${s.availability_zone} ${s.cidr_block}"] == ["eu-central-1a 10.0.11.0/24", "eu-central-1b 10.0.12.0/24"]
    error_message = "there must be a database subnet in each of two zones"
  }
  assert {
    condition     = toset(aws_route_table_association.public[*].route_table_id) == toset(["rtb-public"]) && toset(aws_route_table_association.database[*].route_table_id) == toset(["rtb-database"])
    error_message = "each subnet must use the table of its kind"
  }
  assert {
    condition     = aws_route.internet.route_table_id == "rtb-public" && aws_route.internet.gateway_id == "igw-1" && aws_route.internet.destination_cidr_block == "0.0.0.0/0"
    error_message = "only the public table may lead to the internet"
  }
}

run "rules_chain_internet_load_balancer_task_database" {
  command = plan

  variables {
    container_port = 8080
    database_port  = 3307
  }

  assert {
    condition     = [for r in aws_vpc_security_group_ingress_rule.alb : "${r.security_group_id} ${r.ip_protocol} ${r.from_port}-${r.to_port} ${r.cidr_ipv4}"] == ["sg-alb tcp 80-80 0.0.0.0/0"]
    error_message = "the internet must reach the load balancer on port 80 only"
  }
  assert {
    condition     = { for k, r in { out = aws_vpc_security_group_egress_rule.alb_to_task, in = aws_vpc_security_group_ingress_rule.task_from_alb } : k => "${r.security_group_id} ${r.from_port}-${r.to_port} ${r.referenced_security_group_id}" } == { out = "sg-alb 8080-8080 sg-task", in = "sg-task 8080-8080 sg-alb" }
    error_message = "the load balancer, and nobody else, must reach the tasks on the container's port"
  }
  assert {
    condition     = { for k, r in { out = aws_vpc_security_group_egress_rule.task_to_database, in = aws_vpc_security_group_ingress_rule.database_from_task } : k => "${r.security_group_id} ${r.from_port}-${r.to_port} ${r.referenced_security_group_id}" } == { out = "sg-task 3307-3307 sg-database", in = "sg-database 3307-3307 sg-task" }
    error_message = "the tasks, and nobody else, must reach the database"
  }
  assert {
    condition     = [for r in aws_vpc_security_group_egress_rule.task_to_internet : "${r.security_group_id} ${r.from_port}-${r.to_port} ${r.cidr_ipv4}"] == ["sg-task 443-443 0.0.0.0/0"]
    error_message = "tasks must reach the internet by HTTPS only"
  }
  assert {
    condition     = length(aws_security_group.files) == 0 && output.files_security_group_id == null
    error_message = "without shared files there must be no group for them"
  }
}

run "each_port_from_each_range" {
  command = plan

  variables {
    ingress_ports = [80, 8080]
    ingress_cidrs = ["192.0.2.0/24", "203.0.113.7/32"]
  }

  assert {
    condition = toset([for r in aws_vpc_security_group_ingress_rule.alb : "${r.from_port} ${r.cidr_ipv4}"]) == toset([
      "80 192.0.2.0/24", "80 203.0.113.7/32", "8080 192.0.2.0/24", "8080 203.0.113.7/32",
    ])
    error_message = "each port must be open to each range and to nothing else"
  }
}

run "shared_files" {
  command = plan

  variables {
    shared_files = true
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.task_to_files[0].from_port == 2049 && aws_vpc_security_group_ingress_rule.files_from_task[0].to_port == 2049 && aws_vpc_security_group_ingress_rule.files_from_task[0].referenced_security_group_id == "sg-task"
    error_message = "the tasks, and nobody else, must reach the shared files on 2049"
  }
}

run "three_zones_in_a_small_vpc" {
  command = plan

  variables {
    vpc_cidr = "172.16.8.0/24"
    az_count = 3
  }

  assert {
    condition     = concat(aws_subnet.public[*].cidr_block, aws_subnet.database[*].cidr_block) == ["172.16.8.16/28", "172.16.8.32/28", "172.16.8.48/28", "172.16.8.176/28", "172.16.8.192/28", "172.16.8.208/28"]
    error_message = "subnets must fit into the VPC"
  }
  assert {
    condition     = output.availability_zones == tolist(["eu-central-1a", "eu-central-1b", "eu-central-1c"])
    error_message = "there must be three zones"
  }
}

run "own_zones_and_ranges" {
  command = plan

  variables {
    vpc_cidr              = "10.1.0.0/16"
    availability_zones    = ["eu-central-1c", "eu-central-1a"]
    public_subnet_cidrs   = ["10.1.0.0/20", "10.1.16.0/20"]
    database_subnet_cidrs = ["10.1.255.0/27", "10.1.255.32/27"]
  }

  assert {
    condition     = [for s in concat(aws_subnet.public, aws_subnet.database) : "${s.availability_zone} ${s.cidr_block}"] == ["eu-central-1c 10.1.0.0/20", "eu-central-1a 10.1.16.0/20", "eu-central-1c 10.1.255.0/27", "eu-central-1a 10.1.255.32/27"]
    error_message = "given zones and ranges must be used as they are"
  }
}
