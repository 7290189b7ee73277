variable "name" {
  description = "Name of the cluster, the service, the load balancer and the task family."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name)) && !strcontains(var.name, "--")
    error_message = "name must be 2 to 20 lower case letters, digits and single hyphens, start with a letter and not end with a hyphen; it becomes part of names that AWS limits to 32 characters."
  }
}

# -- where it runs --

variable "vpc_id" {
  description = "VPC of the load balancer and the tasks."
  type        = string
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC: the addresses of the load balancer, which the site trusts to name the visitor's address."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr))
    error_message = "vpc_cidr must be an IPv4 range in CIDR notation such as 10.0.0.0/16."
  }
}

variable "subnet_ids" {
  description = "Subnets of the load balancer and the tasks, in at least two availability zones, with a route to the internet."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "subnet_ids must name at least two subnets: a load balancer needs two availability zones."
  }
}

variable "alb_security_group_ids" {
  description = "Security groups of the load balancer."
  type        = list(string)

  validation {
    condition     = length(var.alb_security_group_ids) > 0
    error_message = "alb_security_group_ids must name at least one group: without one AWS uses the VPC's default group."
  }
}

variable "task_security_group_ids" {
  description = "Security groups of the tasks."
  type        = list(string)

  validation {
    condition     = length(var.task_security_group_ids) > 0
    error_message = "task_security_group_ids must name at least one group: without one AWS uses the VPC's default group."
  }
}

# -- what runs --

variable "repository_url" {
  description = "Address of the ECR repository, without a tag."
  type        = string
}

variable "repository_arn" {
  description = "ARN of the ECR repository: the only one that the tasks may pull from."
  type        = string
}

variable "image" {
  description = "Image to run, by digest (<repository>@sha256:…) or tag. Null while none was pushed yet: everything is created, and the service waits with no task."
  type        = string
  default     = null

  validation {
    condition     = var.image == null ? true : can(regex("^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64}|:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})$", var.image))
    error_message = "image must name an image with its digest (repository@sha256:…) or a tag (repository:tag): without one it would silently mean :latest."
  }
}

variable "container_name" {
  description = "Name of the container in the task."
  type        = string
  default     = "drupal"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,255}$", var.container_name))
    error_message = "container_name must be 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "container_port" {
  description = "TCP port on which the container listens."
  type        = number
  default     = 80

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535 && floor(var.container_port) == var.container_port
    error_message = "container_port must be a whole number from 1 to 65535."
  }
}

variable "cpu" {
  description = "CPU units of a task (1024 = one vCPU): 256, 512, 1024, 2048, 4096, 8192 or 16384."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "cpu must be a size that Fargate offers: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory" {
  description = "Memory of a task in MiB. Fargate offers certain amounts for each cpu size, for example 512, 1024 and 2048 for 256."
  type        = number
  default     = 512

  validation {
    condition = !contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu) || contains(lookup({
      "256"   = [512, 1024, 2048]
      "512"   = range(1024, 4097, 1024)
      "1024"  = range(2048, 8193, 1024)
      "2048"  = range(4096, 16385, 1024)
      "4096"  = range(8192, 30721, 1024)
      "8192"  = range(16384, 61441, 4096)
      "16384" = range(32768, 122881, 8192)
    }, tostring(var.cpu), []), var.memory)
    error_message = "memory (MiB) must be an amount that Fargate offers for this cpu: 256 → 512, 1024, 2048; 512 → 1024 to 4096; 1024 → 2048 to 8192; 2048 → 4096 to 16384; 4096 → 8192 to 30720 (all in steps of 1024); 8192 → 16384 to 61440 (steps of 4096); 16384 → 32768 to 122880 (steps of 8192)."
  }
}

variable "environment" {
  description = "Environment variables of the container beside those that this module sets. Never a password: use secrets."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for n in keys(var.environment) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", n))])
    error_message = "environment must have names of letters, digits and underscores."
  }
  validation {
    condition     = length(setintersection(toset(keys(var.environment)), toset(["DB_HOST", "DB_PORT", "DB_NAME", "DB_USER", "DB_PASSWORD", "HASH_SALT", "PORT", "PROXY_CIDRS", "IMAGE_DIGEST"]))) == 0
    error_message = "environment must not set what this module sets itself: DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD, HASH_SALT, PORT, PROXY_CIDRS, IMAGE_DIGEST."
  }
  validation {
    condition     = alltrue([for n in keys(var.environment) : !can(regex("(?i)(password|passwd|secret_?key|private_?key|access_key)", n))])
    error_message = "environment must not carry a password or a key: everybody who may describe the task definition reads it. Put it into Secrets Manager and name its ARN in secrets."
  }
}

variable "secrets" {
  description = "Secrets of the container beside those that this module sets: name of the variable → ARN of a Secrets Manager secret, with :key:: for one key of a JSON secret."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for a in values(var.secrets) : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+(:[^:]*:[^:]*:[^:]*)?$", a))])
    error_message = "secrets must map to ARNs of Secrets Manager secrets, optionally followed by :key:stage:version."
  }
}

# -- database --

variable "database_address" {
  description = "Host name of the database, without the port."
  type        = string

  validation {
    condition     = !strcontains(var.database_address, ":")
    error_message = "database_address must not carry the port: a database client takes host and port apart (use the rds module's address, not an endpoint)."
  }
}

variable "database_port" {
  description = "TCP port of the database."
  type        = number
  default     = 3306

  validation {
    condition     = var.database_port >= 1 && var.database_port <= 65535 && floor(var.database_port) == var.database_port
    error_message = "database_port must be a whole number from 1 to 65535."
  }
}

variable "database_name" {
  description = "Name of the database."
  type        = string
}

variable "database_secret_arn" {
  description = "ARN of the secret that holds the database user, as JSON with the keys username and password."
  type        = string
}

variable "kms_key_arn" {
  description = "ARN of the KMS key of the secrets, when it is not AWS's own key: the execution role then may decrypt with it."
  type        = string
  default     = null
}

# -- how it is served and rolled out --

variable "desired_count" {
  description = "Number of tasks, 0 to 100. It counts only once image is given."
  type        = number
  default     = 1

  validation {
    condition     = var.desired_count >= 0 && var.desired_count <= 100 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count must be a whole number from 0 to 100."
  }
}

variable "deployment_minimum_healthy_percent" {
  description = "Share of desired_count that must stay healthy during a deployment, 0 to 100; rounded up to whole tasks."
  type        = number
  default     = 100

  validation {
    condition     = var.deployment_minimum_healthy_percent >= 0 && var.deployment_minimum_healthy_percent <= 100 && floor(var.deployment_minimum_healthy_percent) == var.deployment_minimum_healthy_percent
    error_message = "deployment_minimum_healthy_percent must be a whole number from 0 to 100."
  }
}

variable "deployment_maximum_percent" {
  description = "Share of desired_count that may run during a deployment, 100 to 200; rounded down to whole tasks."
  type        = number
  default     = 200

  validation {
    condition     = var.deployment_maximum_percent >= 100 && var.deployment_maximum_percent <= 200 && floor(var.deployment_maximum_percent) == var.deployment_maximum_percent
    error_message = "deployment_maximum_percent must be a whole number from 100 to 200."
  }
  validation {
    condition     = var.desired_count == 0 || floor(var.desired_count * var.deployment_maximum_percent / 100) > ceil(var.desired_count * var.deployment_minimum_healthy_percent / 100)
    error_message = "deployment_maximum_percent and deployment_minimum_healthy_percent leave no room for a deployment: with this desired_count no task may be started before one is stopped, and none may be stopped before one is started. Raise the maximum or lower the minimum."
  }
}

variable "health_check_path" {
  description = "Path that the load balancer asks of each task."
  type        = string
  default     = "/"

  validation {
    condition     = can(regex("^/[!-~]*$", var.health_check_path)) && length(var.health_check_path) <= 1024
    error_message = "health_check_path must start with / and hold 1 to 1024 printable ASCII characters without spaces."
  }
}

variable "health_check_interval" {
  description = "Seconds between two health checks of a task, 5 to 300."
  type        = number
  default     = 30

  validation {
    condition     = var.health_check_interval >= 5 && var.health_check_interval <= 300 && floor(var.health_check_interval) == var.health_check_interval
    error_message = "health_check_interval must be a whole number of seconds from 5 to 300."
  }
}

variable "health_check_timeout" {
  description = "Seconds after which a health check without an answer has failed, 2 to 120 and less than the interval."
  type        = number
  default     = 5

  validation {
    condition     = var.health_check_timeout >= 2 && var.health_check_timeout <= 120 && floor(var.health_check_timeout) == var.health_check_timeout
    error_message = "health_check_timeout must be a whole number of seconds from 2 to 120."
  }
  validation {
    condition     = var.health_check_timeout < var.health_check_interval
    error_message = "health_check_timeout must be less than health_check_interval."
  }
}

variable "health_check_healthy_threshold" {
  description = "Checks in a row after which an unhealthy task is healthy again, 2 to 10. A new task needs one."
  type        = number
  default     = 2

  validation {
    condition     = var.health_check_healthy_threshold >= 2 && var.health_check_healthy_threshold <= 10 && floor(var.health_check_healthy_threshold) == var.health_check_healthy_threshold
    error_message = "health_check_healthy_threshold must be a whole number from 2 to 10."
  }
}

variable "health_check_unhealthy_threshold" {
  description = "Failed checks in a row after which a task is unhealthy and replaced, 2 to 10."
  type        = number
  default     = 2

  validation {
    condition     = var.health_check_unhealthy_threshold >= 2 && var.health_check_unhealthy_threshold <= 10 && floor(var.health_check_unhealthy_threshold) == var.health_check_unhealthy_threshold
    error_message = "health_check_unhealthy_threshold must be a whole number from 2 to 10."
  }
}

variable "health_check_matcher" {
  description = "HTTP status codes that count as healthy, such as \"200\", \"200,302\" or \"200-399\"."
  type        = string
  default     = "200-399"

  validation {
    condition     = can(regex("^[2-4][0-9]{2}(-[2-4][0-9]{2})?(,[2-4][0-9]{2}(-[2-4][0-9]{2})?)*$", var.health_check_matcher))
    error_message = "health_check_matcher must be status codes from 200 to 499: one, a list with commas, or ranges with a hyphen."
  }
}

variable "health_check_grace_period_seconds" {
  description = "Seconds after its start in which a task is not replaced for failing health checks. Null leaves AWS's 0: a task that installs nothing at its start needs none."
  type        = number
  default     = null

  validation {
    condition     = var.health_check_grace_period_seconds == null ? true : var.health_check_grace_period_seconds >= 0 && var.health_check_grace_period_seconds <= 2147483647
    error_message = "health_check_grace_period_seconds must be 0 or more."
  }
}

variable "deregistration_delay" {
  description = "Seconds that a stopping task may finish its requests in, 0 to 3600. Longer than the longest request."
  type        = number
  default     = 30

  validation {
    condition     = var.deregistration_delay >= 0 && var.deregistration_delay <= 3600 && floor(var.deregistration_delay) == var.deregistration_delay
    error_message = "deregistration_delay must be a whole number of seconds from 0 to 3600."
  }
}

variable "listener_ports" {
  description = "TCP ports on which the load balancer serves HTTP."
  type        = list(number)
  default     = [80]

  validation {
    condition     = length(var.listener_ports) > 0 && alltrue([for p in var.listener_ports : p >= 1 && p <= 65535 && floor(p) == p]) && length(distinct(var.listener_ports)) == length(var.listener_ports)
    error_message = "listener_ports must hold at least one port, each a distinct whole number from 1 to 65535."
  }
}

variable "wait_for_steady_state" {
  description = "Whether apply ends only when the new tasks are healthy, and fails when the deployment was rolled back."
  type        = bool
  default     = true
}

# -- what it keeps --

variable "log_retention_days" {
  description = "Days that the log is kept; 0 keeps it for ever."
  type        = number
  default     = 30

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days must be a period that CloudWatch Logs offers: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days, or 0 for ever."
  }
}

variable "hash_salt_secret_arn" {
  description = "ARN of a secret that holds the site's hash salt as its whole text, for a site that moves here with its data. Null makes one."
  type        = string
  default     = null

  validation {
    condition     = var.hash_salt_secret_arn == null ? true : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:]+$", var.hash_salt_secret_arn))
    error_message = "hash_salt_secret_arn must be the ARN of a Secrets Manager secret."
  }
}

variable "hash_salt_version" {
  description = "Raise it to draw a new hash salt at the next apply. That ends every session and login link of the site."
  type        = number
  default     = 1

  validation {
    condition     = var.hash_salt_version >= 1 && floor(var.hash_salt_version) == var.hash_salt_version
    error_message = "hash_salt_version must be a whole number, 1 or more."
  }
}

variable "secret_recovery_window_days" {
  description = "Days for which a deleted secret can be restored: 0 deletes at once, so that the stack can be destroyed and applied again; else 7 to 30."
  type        = number
  default     = 0

  validation {
    condition     = var.secret_recovery_window_days == 0 || (var.secret_recovery_window_days >= 7 && var.secret_recovery_window_days <= 30 && floor(var.secret_recovery_window_days) == var.secret_recovery_window_days)
    error_message = "secret_recovery_window_days must be 0, or a whole number from 7 to 30."
  }
}

variable "shared_files" {
  description = "The efs module's file system and its access points for public and private files. Null gives each task folders of its own, which end with the task: then run one task."
  type = object({
    file_system_id          = string
    file_system_arn         = string
    public_access_point_id  = string
    public_access_point_arn = string

    private_access_point_id  = string
    private_access_point_arn = string
  })
  default = null
}

variable "tags" {
  description = "Tags for every resource, beside the provider's default_tags."
  type        = map(string)
  default     = {}
}
