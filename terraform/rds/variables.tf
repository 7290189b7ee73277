variable "name" {
  description = "Identifier of the database instance and prefix of its subnet and parameter groups."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,38}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 40 lower case letters, digits and single hyphens, start with a letter and not end with a hyphen."
  }
}

variable "subnet_ids" {
  description = "Subnets of the database, in at least two availability zones and without a route to the internet."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name at least two subnets: a database subnet group must cover two availability zones."
  }
}

variable "security_group_ids" {
  description = "Security groups of the database: they decide who reaches its port."
  type        = list(string)

  validation {
    condition     = length(var.security_group_ids) > 0
    error_message = "security_group_ids must name at least one group: without one AWS uses the VPC's default group."
  }
}

variable "engine_versions" {
  description = "MySQL versions in order of preference, each a series (\"8.4\") or one release (\"8.4.6\"). The first that the region offers is used, a series at its newest release. Keep the order once the database exists: another choice is an upgrade, and a downgrade is refused."
  type        = list(string)
  default     = ["8.4", "9.7", "8.0"]

  validation {
    condition     = length(var.engine_versions) > 0 && alltrue([for v in var.engine_versions : can(regex("^[0-9]{1,2}\\.[0-9]{1,2}(\\.[0-9]{1,2})?$", v))])
    error_message = "engine_versions must hold at least one MySQL version such as \"8.4\" or \"8.4.6\"."
  }
  validation {
    condition     = length(distinct(var.engine_versions)) == length(var.engine_versions)
    error_message = "engine_versions must not name a version twice."
  }
}

variable "instance_class" {
  description = "Size of the instance. db.t3.micro (2 vCPU, 1 GiB) carries a small site."
  type        = string
  default     = "db.t3.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.instance_class))
    error_message = "instance_class must be an RDS instance class such as db.t3.micro."
  }
}

variable "allocated_storage" {
  description = "Size of the volume in GiB, 20 to 65536. It can grow later but never shrink."
  type        = number
  default     = 20

  validation {
    condition     = var.allocated_storage >= 20 && var.allocated_storage <= 65536 && floor(var.allocated_storage) == var.allocated_storage
    error_message = "allocated_storage must be a whole number of GiB from 20 to 65536."
  }
}

variable "database_name" {
  description = "Name of the database that is created with the instance."
  type        = string
  default     = "drupal"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,63}$", var.database_name))
    error_message = "database_name must be 1 to 64 letters, digits and underscores and start with a letter."
  }
  validation {
    condition     = !contains(["mysql", "sys", "information_schema", "performance_schema", "innodb"], lower(var.database_name))
    error_message = "database_name must not be one of MySQL's own schemas."
  }
}

variable "username" {
  description = "Name of the master user. Not \"admin\": that is the first name that is tried."
  type        = string
  default     = "drupal"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_]{0,31}$", var.username))
    error_message = "username must be 1 to 32 letters, digits and underscores and start with a letter."
  }
  validation {
    condition     = !contains(["rdsadmin", "rdsrepladmin", "rdsproxyadmin", "root", "mysql", "public"], lower(var.username))
    error_message = "username must not be a name that MySQL or RDS reserves (rdsadmin, rdsrepladmin, rdsproxyadmin, root, mysql, public)."
  }
}

variable "port" {
  description = "TCP port of the database."
  type        = number
  default     = 3306

  validation {
    condition     = var.port >= 1150 && var.port <= 65535 && floor(var.port) == var.port
    error_message = "port must be a whole number from 1150 to 65535, the range that RDS for MySQL accepts."
  }
}

variable "parameters" {
  description = "Parameters of the database beside those that this module sets (encrypted connections only, READ-COMMITTED, utf8mb4), by name. apply_method is immediate, or pending-reboot for a static parameter."
  type = map(object({
    value        = string
    apply_method = optional(string, "immediate")
  }))
  default = {}

  validation {
    condition     = alltrue([for p in values(var.parameters) : contains(["immediate", "pending-reboot"], p.apply_method)])
    error_message = "parameters: apply_method must be immediate or pending-reboot."
  }
  validation {
    condition     = !contains([for n in keys(var.parameters) : lower(n)], "require_secure_transport")
    error_message = "parameters must not set require_secure_transport: connections to this database are always encrypted."
  }
  validation {
    condition     = alltrue([for n in keys(var.parameters) : can(regex("^[a-z][a-z0-9_.]*$", n))])
    error_message = "parameters must be named in lower case, as DescribeDBParameters lists them: RDS answers lower case names and the plan would never be empty."
  }
}

variable "kms_key_id" {
  description = "ARN of the KMS key for the storage and the master user's secret. Null uses AWS's own keys (aws/rds, aws/secretsmanager)."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_id == null ? true : can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[0-9a-zA-Z-]+$", var.kms_key_id))
    error_message = "kms_key_id must be the ARN of a KMS key: RDS answers the ARN, and any other form would differ at every plan."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance until this is switched off."
  type        = bool
  default     = false
}

variable "final_snapshot_identifier" {
  description = "Name of the snapshot that is taken when the instance is destroyed. Null takes none: destroy then deletes the data."
  type        = string
  default     = null

  validation {
    condition     = var.final_snapshot_identifier == null ? true : can(regex("^[A-Za-z][A-Za-z0-9-]{0,253}[A-Za-z0-9]$", var.final_snapshot_identifier)) && !strcontains(coalesce(var.final_snapshot_identifier, "-"), "--")
    error_message = "final_snapshot_identifier must be 2 to 255 letters, digits and single hyphens, start with a letter and not end with a hyphen."
  }
}

variable "tags" {
  description = "Tags for every resource, beside the provider's default_tags."
  type        = map(string)
  default     = {}
}
