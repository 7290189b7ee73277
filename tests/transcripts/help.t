$ terrarium --help
Drupal on AWS as Terraform, on this machine or on AWS.

  up       Starts the engine and makes what is missing of the stack.
  status   Shows the whole stack on one screen.
  why      Explains why a part is not as asked, or whether one end can reach
           another.
  logs     Shows what the tasks printed and what the service did, by time.
  open     Prints where the site is, or a one-time login link.
  deploy   Rolls the service to another image, and says so when it was rolled
           back.
  wait     Waits until the stack, or a part of it, is as asked.
  prove    Runs the experiment behind each promise on the running stack.
  env      Prints the variables with which aws, terraform and SDKs talk to
           this machine.
  doctor   Says what this machine has and lacks.
  down     Stops everything and keeps the data; up brings it back.
  destroy  Removes everything, then looks whether something is left on the
           host.
  version  Says which terrarium this is.
  help     Lists the commands, or tells about one.

terrarium COMMAND --help tells more. Most commands take --name STACK and --json.
exit  0 done, all as asked · 1 failed · 2 usage · 3 answered, and it is bad
      4 not allowed · 5 engine not reachable · 6 time-out, work goes on
      7 rolled back · 8 needs an answer · 9 something not run · 130 interrupted
$ terrarium help logs
Shows what the tasks printed and what the service did, by time.

  terrarium logs -f
  terrarium logs --since 10:20 --grep 'error|fatal'
  terrarium logs --task 9c41 --json

terrarium logs [flags]
  -f --follow             goes on until Ctrl-C
     --since WHEN         15m (as it is), 10:20, or RFC 3339; UTC
     --source LIST        app, events (both)
     --grep RE            only lines that match this extended regular
                          expression
     --task ID            only that task: its id or the beginning of it
     --name NAME          name of the stack (drupal)
     --region REGION      region (AWS_REGION, else us-east-1 on this machine)
     --state-dir DIR      the engine's folder, where AWS_ENDPOINT_URL is not
                          set (/var/lib/terrarium)
     --port N             the engine's port on this machine (4566)
     --door-port N        the port of the site on this machine (8080)
     --json               the answer as JSON, versioned by its member v
     --progress HOW       auto, tty, plain, json or none
     --timeout DURATION   how long a command waits that waits: 90s, 15m, 1h
     --yes                answers what would be asked
  -q --quiet              results and errors only
  -v --verbose            also the API calls behind the answer
  -h --help               this
exit  0 done · 1 failed · 2 usage · 5 engine not reachable
      3  there is no log
