package dev.restbus.standalone;

import java.io.PrintStream;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Greets on standard output, once ready: where to look, and five commands to paste. */
@Component
final class ReadyCard implements ApplicationListener<ApplicationReadyEvent> {

    private static final String CARD =
            """

              Restbus is ready: %1$s

              Swagger UI        %1$s/swagger-ui.html
              OpenAPI           %1$s/v3/api-docs
              Health, metrics   %1$s/actuator/health  %1$s/actuator/prometheus
              Data              %2$s

              curl%3$s -d hello %1$s/v1/topics/hi
              curl%3$s '%1$s/v1/topics/hi/partitions/0/records?offset=earliest'
              curl%3$s -d '{"seat":"12A"}' '%1$s/v1/topics/tickets?key=anna'
              curl%3$s -X POST '%1$s/v1/groups/doors/members/me/poll?topics=tickets&wait=5s'
              curl%3$s %1$s/v1/topics

            """;

    private final PrintStream out = System.out;

    @Override
    public void onApplicationEvent(ApplicationReadyEvent event) {
        out.print(card(event.getApplicationContext().getEnvironment()));
        out.flush();
    }

    static String card(Environment environment) {
        String port = environment.getProperty("local.server.port", "8080");
        boolean token = "token".equals(environment.getProperty("bus.security"));
        return CARD.formatted(
                "http://localhost:" + port,
                environment.getProperty("bus.data", "./data"),
                token ? " -H \"authorization: Bearer $BUS_TOKEN\"" : "");
    }
}
