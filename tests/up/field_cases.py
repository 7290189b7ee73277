"""What people met on AWS, tried on the stack that is up: each test is one case of docs/reference/field-cases.md, and each answer is what AWS gives."""

import botocore.exceptions
import neighbours


class FieldCases:
    """With `stack`, an UpStack that is up. What is made here goes with the engine."""

    @classmethod
    def setUpClass(cls):
        cls.stack.first
        cloud = cls.cloud = cls.stack.cloud
        cls.subnets = cloud.ec2.describe_subnets()["Subnets"]
        cls.vpc = cls.subnets[0]["VpcId"]
        cls.of_zone_a = [s["SubnetId"] for s in cls.subnets if s["AvailabilityZone"] == "us-east-1a"]
        cls.balancer = cloud.elbv2.describe_load_balancers(Names=["drupal"])["LoadBalancers"][0]["LoadBalancerArn"]
        cls.listener = cloud.elbv2.describe_listeners(LoadBalancerArn=cls.balancer)["Listeners"][0]["ListenerArn"]
        cls.group = cloud.elbv2.describe_target_groups(Names=["drupal"])["TargetGroups"][0]["TargetGroupArn"]
        cls.service = cloud.ecs.describe_services(cluster="drupal", services=["drupal"])["services"][0]

    def assert_refused(self, code, message, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        self.assertIn(message, error["Message"])

    def create_service(self, name, **changes):
        asked = {"cluster": "drupal", "serviceName": name, "taskDefinition": self.service["taskDefinition"], "desiredCount": 1, "launchType": "FARGATE",
                 "networkConfiguration": self.service["networkConfiguration"], **changes}
        return self.cloud.ecs.create_service(**{k: v for k, v in asked.items() if v is not None})["service"]

    def register_container(self, **changes):
        return self.cloud.ecs.register_task_definition(family="cases", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
                                                       containerDefinitions=[{"name": "a", "image": "i", **changes}])["taskDefinition"]

    def register(self, cpu, memory):
        return self.cloud.ecs.register_task_definition(family="cases", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu=cpu, memory=memory,
                                                       containerDefinitions=[{"name": "a", "image": "i"}])["taskDefinition"]

    def create_target_group(self, name, **changes):
        return self.cloud.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip", **changes)

    # ---- terraform

    def test_f009_a_log_groups_arn_has_the_star_where_it_belongs(self):
        group = self.cloud.logs.describe_log_groups(logGroupNamePrefix="/ecs/drupal")["logGroups"][0]
        self.assertTrue(group["arn"].endswith(":log-group:/ecs/drupal:*"), group)
        plain = group["arn"].removesuffix(":*")
        self.assertEqual(self.cloud.logs.list_tags_for_resource(resourceArn=plain)["tags"]["Project"], "drupal")
        self.assert_refused("InvalidParameterException", "", self.cloud.logs.list_tags_for_resource, resourceArn=group["arn"])

    # ---- network

    def test_f020_a_group_in_use_stays(self):
        for name in ("drupal-task", "drupal-database"):
            group = self.cloud.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"][0]["GroupId"]
            self.assert_refused("DependencyViolation", f"resource {group} has a dependent object", self.cloud.ec2.delete_security_group, GroupId=group)

    def test_f023_a_load_balancer_is_in_two_zones(self):
        create = self.cloud.elbv2.create_load_balancer
        self.assert_refused("ValidationError", "At least two subnets in two different Availability Zones must be specified", create, Name="cases", Subnets=self.of_zone_a[:1])
        self.assert_refused("InvalidConfigurationRequest", "A load balancer cannot be attached to multiple subnets in the same Availability Zone", create, Name="cases", Subnets=self.of_zone_a)

    def test_f026_filters_know_wildcards_and_case(self):
        found = lambda *values: len(self.cloud.ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": list(values)}])["Subnets"])  # noqa: E731
        self.assertEqual(found("drupal-public-*"), 2)
        self.assertEqual(found("drupal-*-?"), 4)
        self.assertEqual(found("drupal-public-1", "drupal-database-?"), 3)
        self.assertEqual(found("Drupal-public-*"), 0)

    # ---- ecs

    def test_f028_a_target_group_without_a_listener_takes_no_service(self):
        unused = self.create_target_group("cases-unused")["TargetGroups"][0]["TargetGroupArn"]
        self.assert_refused("InvalidParameterException", f"The target group with targetGroupArn {unused} does not have an associated load balancer.", self.create_service, name="unused",
                            loadBalancers=[{**self.service["loadBalancers"][0], "targetGroupArn": unused}])

    def test_f030_sizes_are_those_of_fargate(self):
        for cpu, memory in (("512", "512"), ("256", "4096"), ("300", "512")):
            self.assert_refused("ClientException", "No Fargate configuration exists for given values", self.register, cpu=cpu, memory=memory)
        self.assert_refused("ClientException", "The 'memory' setting for container 'a' is greater than for the task.", self.register_container, memory=1024)
        for cpu, memory in (("256", "2048"), ("16384", "122880")):
            self.assertEqual(self.register(cpu, memory)["status"], "ACTIVE")

    def test_f031_a_service_is_made_once(self):
        self.assert_refused("InvalidParameterException", "Creation of service was not idempotent.", self.create_service, name="drupal", desiredCount=3)
        made = self.create_service("again", desiredCount=0)
        self.cloud.ecs.delete_service(cluster="drupal", service="again", force=True)
        self.assertEqual(self.create_service("again", desiredCount=0)["serviceArn"], made["serviceArn"])
        self.cloud.ecs.delete_service(cluster="drupal", service="again", force=True)
        self.assertNotIn(made["serviceArn"], self.cloud.ecs.list_services(cluster="drupal")["serviceArns"])

    def test_f039_a_stop_takes_at_most_two_minutes(self):
        self.assert_refused("ClientException", "stopTimeout", self.register_container, stopTimeout=300)
        self.assertEqual(self.register_container(stopTimeout=120)["containerDefinitions"][0]["stopTimeout"], 120)

    # ---- alb

    def test_f049_a_target_group_in_use_stays(self):
        self.assert_refused("ResourceInUse", f"Target group '{self.group}' is currently in use by a listener or a rule", self.cloud.elbv2.delete_target_group, TargetGroupArn=self.group)

    def test_f052_health_checks_and_names_have_bounds(self):
        self.assert_refused("ValidationError", "Health check timeout '10' must be smaller than the interval '10'", self.create_target_group, name="cases", HealthCheckIntervalSeconds=10,
                            HealthCheckTimeoutSeconds=10)
        for name in ("a" * 33, "a-", "-a", "a_b"):
            self.assert_refused("ValidationError", name, self.create_target_group, name=name)

    # ---- rds

    def test_f063_parameters_show_as_they_were_set(self):
        name = self.cloud.rds.describe_db_instances(DBInstanceIdentifier="drupal")["DBInstances"][0]["DBParameterGroups"][0]["DBParameterGroupName"]
        shown = {p["ParameterName"]: (p["ParameterValue"], p["ApplyMethod"]) for p in self.cloud.rds.describe_db_parameters(DBParameterGroupName=name, Source="user")["Parameters"]}
        self.assertEqual(shown["transaction_isolation"], ("READ-COMMITTED", "immediate"))
        # And what nobody set is not there.
        self.assertNotIn("max_connections", shown)

    def test_f065_twenty_parameters_at_a_time(self):
        family = self.cloud.rds.describe_db_engine_versions()["DBEngineVersions"][0]["DBParameterGroupFamily"]
        self.cloud.rds.create_db_parameter_group(DBParameterGroupName="cases", DBParameterGroupFamily=family, Description="n")
        names = [p["ParameterName"] for p in self.cloud.rds.describe_db_parameters(DBParameterGroupName="cases")["Parameters"] if p["IsModifiable"]][:21]
        self.assertEqual(len(names), 21)
        many = [{"ParameterName": n, "ParameterValue": "1", "ApplyMethod": "pending-reboot"} for n in names]
        self.assert_refused("InvalidParameterValue", "20", self.cloud.rds.modify_db_parameter_group, DBParameterGroupName="cases", Parameters=many)

    def test_f066_no_way_to_a_version_that_is_not_there(self):
        self.assert_refused("InvalidParameterCombination", "8.0.30", self.cloud.rds.modify_db_instance, DBInstanceIdentifier="drupal", EngineVersion="8.0.30", ApplyImmediately=True)

    def test_f068_storage_does_not_shrink(self):
        self.assert_refused("InvalidParameterCombination", "Invalid storage size for engine name mysql and storage type gp2", self.cloud.rds.modify_db_instance, DBInstanceIdentifier="drupal",
                            AllocatedStorage=10, ApplyImmediately=True)

    def test_f069_a_subnet_group_covers_two_zones(self):
        self.assert_refused("DBSubnetGroupDoesNotCoverEnoughAZs",
                            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: us-east-1a. Add subnets to cover at least 2 AZs.",
                            self.cloud.rds.create_db_subnet_group, DBSubnetGroupName="cases", DBSubnetGroupDescription="n", SubnetIds=self.of_zone_a)

    def test_f074_an_endpoint_is_an_address_and_a_port(self):
        endpoint = self.cloud.rds.describe_db_instances(DBInstanceIdentifier="drupal")["DBInstances"][0]["Endpoint"]
        self.assertEqual(endpoint["Port"], 3306)
        self.assertRegex(endpoint["Address"], r"^drupal\.[a-z0-9]+\.us-east-1\.rds\.amazonaws\.com$")
        self.assertEqual(self.stack.outputs["database_address"], endpoint["Address"])

    # ---- ecr, logs, secrets

    def test_f084_a_repository_with_images_stays(self):
        self.assert_refused("RepositoryNotEmptyException", "The repository with name 'drupal' in registry with id", self.cloud.ecr.delete_repository, repositoryName="drupal")
        self.assertEqual(len(self.cloud.ecr.describe_repositories(repositoryNames=["drupal"])["repositories"]), 1)

    def test_f096_retention_is_one_of_the_list(self):
        logs = self.cloud.logs
        logs.create_log_group(logGroupName="/cases")
        self.assert_refused("InvalidParameterException", "Valid values are", logs.put_retention_policy, logGroupName="/cases", retentionInDays=45)
        for days in (1, 3653):
            logs.put_retention_policy(logGroupName="/cases", retentionInDays=days)
            self.assertEqual(logs.describe_log_groups(logGroupNamePrefix="/cases")["logGroups"][0]["retentionInDays"], days)
        logs.delete_retention_policy(logGroupName="/cases")
        self.assertNotIn("retentionInDays", logs.describe_log_groups(logGroupNamePrefix="/cases")["logGroups"][0])

    def test_f016_a_secrets_name_is_taken_until_its_day(self):
        secrets = self.cloud.secretsmanager
        secrets.create_secret(Name="cases", SecretString="not a secret")
        secrets.delete_secret(SecretId="cases", RecoveryWindowInDays=7)
        self.assert_refused("InvalidRequestException", "a secret with this name is already scheduled for deletion", secrets.create_secret, Name="cases", SecretString="x")
        secrets.restore_secret(SecretId="cases")
        secrets.delete_secret(SecretId="cases", ForceDeleteWithoutRecovery=True)
        secrets.create_secret(Name="cases", SecretString="x")

    # ---- iam

    def test_f093_a_policy_on_one_database_allows_no_listing_of_all(self):
        iam, arn = self.cloud.iam, self.cloud.rds.describe_db_instances(DBInstanceIdentifier="drupal")["DBInstances"][0]["DBInstanceArn"]
        iam.create_user(UserName="cases")
        iam.put_user_policy(UserName="cases", PolicyName="one", PolicyDocument=neighbours.allow("rds:DescribeDBInstances", arn))
        key = iam.create_access_key(UserName="cases")["AccessKey"]
        user = type(self.cloud)(self.cloud.endpoint, (key["AccessKeyId"], key["SecretAccessKey"]))
        self.assertEqual(len(user.rds.describe_db_instances(DBInstanceIdentifier="drupal")["DBInstances"]), 1)
        everything = arn.replace(":db:drupal", ":db:*")
        self.assert_refused("AccessDenied", f"is not authorized to perform: rds:DescribeDBInstances on resource: {everything} because no identity-based policy allows",
                            user.rds.describe_db_instances)
        iam.put_user_policy(UserName="cases", PolicyName="one", PolicyDocument=neighbours.allow("rds:DescribeDBInstances", "*"))
        self.assertTrue(user.rds.describe_db_instances()["DBInstances"])
