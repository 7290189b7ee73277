# What a user of the whole stack chooses. Each is handed to the module whose variable has the same name, and is
# described and validated there; the checks that are repeated here are those that read better with the root's name.

variable "name" {
  description = "Name of the stack: prefix of everything that it creates, and the tag Project. 2 to 20 lower case letters, digits and hyphens."
  type        = string
  default     = "drupal"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 20 lower case letters, digits and single hyphens, start with a letter and not end with a hyphen; it becomes part of names that AWS limits to 32 characters."
  }
  validation {
    condition     = !startswith(var.name, "internal-")
    error_message = "name must not start with \"internal-\": AWS reserves that for load balancers."
  }
}

variable "region" {
  description = "AWS region, for example eu-central-1. Null takes the environment's (AWS_REGION or the profile)."
  type        = string
  default     = null

  validation {
    condition     = var.region == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags for every resource, beside Project and ManagedBy."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for k, v in var.tags : length(k) >= 1 && length(k) <= 128 && length(v) <= 256 && !startswith(lower(k), "aws:")])
    error_message = "tags must have keys of 1 to 128 characters that do not start with aws: and values of at most 256 characters."
  }
  validation {
    condition     = length(setintersection(toset(keys(var.tags)), toset(["Project", "ManagedBy", "Name"]))) == 0
    error_message = "tags must not hold Project, ManagedBy or Name: this stack sets them."
  }
}

# -- network --

variable "vpc_cidr" {
  description = "IPv4 range of the VPC in CIDR notation, /16 to /28."
  type        = string
  default     = "10.0.0.0/16"
  nullable    = false
}

variable "az_count" {
  description = "Number of availability zones, 2 to 4."
  type        = number
  default     = 2
  nullable    = false
}

variable "availability_zones" {
  description = "Names of the availability zones. Null takes the first az_count that the region offers."
  type        = list(string)
  default     = null
}

variable "public_subnet_cidrs" {
  description = "IPv4 ranges of the public subnets, one for each zone. Null derives them from vpc_cidr."
  type        = list(string)
  default     = null
}

variable "database_subnet_cidrs" {
  description = "IPv4 ranges of the database subnets, one for each zone. Null derives them from vpc_cidr."
  type        = list(string)
  default     = null
}

variable "ingress_ports" {
  description = "TCP ports on which the site is served (HTTP): each gets a listener and is opened to ingress_cidrs."
  type        = list(number)
  default     = [80]
  nullable    = false
}

variable "ingress_cidrs" {
  description = "IPv4 ranges from which the site is reachable."
  type        = list(string)
  default     = ["0.0.0.0/0"]
  nullable    = false
}

variable "task_egress_ports" {
  description = "TCP ports on which tasks may reach the internet; 443 must be one of them."
  type        = list(number)
  default     = [443]
  nullable    = false
}

# -- image --

variable "image" {
  description = "Image to run, by digest (<repository>@sha256:…) or tag. Null while none was pushed yet: everything is created, and the service waits with no task."
  type        = string
  default     = null
}

variable "image_tag_mutability" {
  description = "MUTABLE, or IMMUTABLE to refuse a push to a tag that exists."
  type        = string
  default     = "MUTABLE"
  nullable    = false
}

# -- tasks --

variable "desired_count" {
  description = "Number of tasks. More than one share their uploaded files: see shared_files."
  type        = number
  default     = 1
  nullable    = false
}

variable "shared_files" {
  description = "Whether the tasks keep uploaded files on one shared, encrypted file system (EFS) that outlives them. Null: when there is more than one task. Changing it moves no file."
  type        = bool
  default     = null
}

variable "cpu" {
  description = "CPU units of a task: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  type        = number
  default     = 256
  nullable    = false
}

variable "memory" {
  description = "Memory of a task in MiB, an amount that Fargate offers for cpu."
  type        = number
  default     = 512
  nullable    = false
}

variable "container_port" {
  description = "TCP port on which the container listens."
  type        = number
  default     = 80
  nullable    = false
}

variable "environment" {
  description = "More environment variables of the container. Never a password: use secrets."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "More secrets of the container: name of the variable → ARN of a Secrets Manager secret."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "hash_salt_secret_arn" {
  description = "ARN of a secret that holds the site's hash salt, for a site that moves here with its data. Null makes one."
  type        = string
  default     = null
}

variable "deployment_minimum_healthy_percent" {
  description = "Share of desired_count that must stay healthy during a deployment."
  type        = number
  default     = 100
  nullable    = false
}

variable "deployment_maximum_percent" {
  description = "Share of desired_count that may run during a deployment."
  type        = number
  default     = 200
  nullable    = false
}

variable "health_check_path" {
  description = "Path that the load balancer asks of each task."
  type        = string
  default     = "/"
  nullable    = false
}

variable "health_check_interval" {
  description = "Seconds between two health checks of a task, 5 to 300."
  type        = number
  default     = 30
  nullable    = false
}

variable "health_check_grace_period_seconds" {
  description = "Seconds after its start in which a task is not replaced for failing health checks."
  type        = number
  default     = null
}

variable "deregistration_delay" {
  description = "Seconds that a stopping task may finish its requests in, 0 to 3600."
  type        = number
  default     = 30
  nullable    = false
}

variable "wait_for_steady_state" {
  description = "Whether apply ends only when the new tasks are healthy, and fails when the deployment was rolled back."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "Days that the log is kept, a period that CloudWatch Logs offers; 0 keeps it for ever."
  type        = number
  default     = 30
  nullable    = false
}

# -- database --

variable "engine_versions" {
  description = "MySQL versions in order of preference; the first that the region offers is used."
  type        = list(string)
  default     = ["8.4", "9.7", "8.0"]
  nullable    = false
}

variable "instance_class" {
  description = "Size of the database instance."
  type        = string
  default     = "db.t3.micro"
  nullable    = false
}

variable "allocated_storage" {
  description = "Size of the database volume in GiB, 20 to 65536."
  type        = number
  default     = 20
  nullable    = false
}

variable "database_name" {
  description = "Name of the database."
  type        = string
  default     = "drupal"
  nullable    = false
}

variable "database_port" {
  description = "TCP port of the database."
  type        = number
  default     = 3306
  nullable    = false
}

variable "database_parameters" {
  description = "More parameters of the database, by name."
  type = map(object({
    value        = string
    apply_method = optional(string, "immediate")
  }))
  default  = {}
  nullable = false
}

# -- what happens to the data --

variable "keep_data_on_destroy" {
  description = "Whether destroy keeps what cannot be made again: a last snapshot of the database, the secrets for 30 days, and the repository while images are in it (destroy then stops there). False deletes everything."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the database until this is switched off."
  type        = bool
  default     = false
  nullable    = false
}
