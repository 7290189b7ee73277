# Each rule is a resource of its own, never an inline block: the groups name each other in both directions, which
# inline blocks cannot express without a cycle, and the two styles on one group undo each other at every apply.
#
# A group is identified by name and description, and changing either replaces it while interfaces still hold it:
# both are therefore fixed texts.

resource "aws_security_group" "alb" {
  name        = "${var.name}-alb"
  description = "Load balancer: from the internet, to the tasks"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-alb" })
}

resource "aws_security_group" "task" {
  name        = "${var.name}-task"
  description = "Tasks: from the load balancer, to the database and to HTTPS"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-task" })
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Database: from the tasks, to nowhere"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_security_group" "files" {
  count = var.shared_files ? 1 : 0

  name        = "${var.name}-files"
  description = "Shared files: from the tasks, to nowhere"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-files" })
}

resource "aws_vpc_security_group_ingress_rule" "alb" {
  for_each = { for pair in setproduct(var.ingress_ports, var.ingress_cidrs) : "${pair[0]} ${pair[1]}" => { port = pair[0], cidr = pair[1] } }

  security_group_id = aws_security_group.alb.id
  description       = "Visitors"
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
  cidr_ipv4         = each.value.cidr
}

resource "aws_vpc_security_group_egress_rule" "alb_to_task" {
  security_group_id            = aws_security_group.alb.id
  description                  = "Requests and health checks"
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_vpc_security_group_ingress_rule" "task_from_alb" {
  security_group_id            = aws_security_group.task.id
  description                  = "Requests and health checks"
  ip_protocol                  = "tcp"
  from_port                    = var.container_port
  to_port                      = var.container_port
  referenced_security_group_id = aws_security_group.alb.id
}

resource "aws_vpc_security_group_egress_rule" "task_to_database" {
  security_group_id            = aws_security_group.task.id
  description                  = "Database"
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  referenced_security_group_id = aws_security_group.database.id
}

resource "aws_vpc_security_group_egress_rule" "task_to_internet" {
  for_each = toset([for p in var.task_egress_ports : tostring(p)])

  security_group_id = aws_security_group.task.id
  description       = "Image, secrets, logs, update feeds"
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value)
  to_port           = tonumber(each.value)
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "database_from_task" {
  security_group_id            = aws_security_group.database.id
  description                  = "Tasks"
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  referenced_security_group_id = aws_security_group.task.id
}

resource "aws_vpc_security_group_egress_rule" "task_to_files" {
  count = var.shared_files ? 1 : 0

  security_group_id            = aws_security_group.task.id
  description                  = "Shared files (NFS)"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.files[0].id
}

resource "aws_vpc_security_group_ingress_rule" "files_from_task" {
  count = var.shared_files ? 1 : 0

  security_group_id            = aws_security_group.files[0].id
  description                  = "Tasks (NFS)"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = aws_security_group.task.id
}
