# One MySQL instance in its own subnets: reachable through its security groups only, encrypted on the wire and on
# disk, its master password made and kept by AWS.

locals {
  # The data source compares whole versions, so a series becomes its releases, newest first.
  preferred_versions = flatten([for v in var.engine_versions : length(split(".", v)) == 3 ? [v] : [for release in range(99, -1, -1) : "${v}.${release}"]])

  # The series alone ("8.4") leaves the release to AWS, whose minor upgrades then are no difference in the plan;
  # a release that was asked for by name is kept.
  found_version  = data.aws_rds_engine_version.this.version_actual
  engine_version = contains(var.engine_versions, local.found_version) ? local.found_version : join(".", slice(split(".", local.found_version), 0, 2))
}

data "aws_rds_engine_version" "this" {
  engine             = "mysql"
  preferred_versions = local.preferred_versions
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets of ${var.name}"
  subnet_ids  = var.subnet_ids

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_db_parameter_group" "this" {
  # A new series needs a new family, which replaces the group while the instance still uses the old one.
  name_prefix = "${var.name}-"
  family      = data.aws_rds_engine_version.this.parameter_group_family
  description = "Parameters of ${var.name}"

  # What the module chooses, then what the caller chooses, then what nobody may choose otherwise.
  dynamic "parameter" {
    for_each = merge(
      {
        # Drupal's status report warns of MySQL's default, REPEATABLE-READ: it can deadlock.
        transaction_isolation = { value = "READ-COMMITTED", apply_method = "immediate" }
        character_set_server  = { value = "utf8mb4", apply_method = "immediate" }
      },
      var.parameters,
      # Off by default in RDS for MySQL: without it a client that forgets TLS sends its queries in the clear.
      { require_secure_transport = { value = "1", apply_method = "immediate" } },
    )

    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.apply_method
    }
  }

  tags = merge(var.tags, { Name = var.name })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  identifier     = var.name
  engine         = "mysql"
  engine_version = local.engine_version
  instance_class = var.instance_class

  allocated_storage = var.allocated_storage
  storage_encrypted = true
  kms_key_id        = var.kms_key_id

  db_name  = var.database_name
  username = var.username
  port     = var.port

  # AWS generates the password and keeps it in Secrets Manager: it is in no variable, plan or state.
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_id

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = var.security_group_ids
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.this.name

  # Neither a standby nor automated backups: this module has no variable for them until they are part of the stack.
  # AWS's own default is to keep one day of backups.
  multi_az                = false
  backup_retention_period = 0

  # A change takes effect when it is applied, not in next week's maintenance window: what the plan says is what runs.
  apply_immediately = true

  deletion_protection       = var.deletion_protection
  skip_final_snapshot       = var.final_snapshot_identifier == null
  final_snapshot_identifier = var.final_snapshot_identifier

  tags = merge(var.tags, { Name = var.name })
}
