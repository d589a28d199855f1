# One application of this checkout: docker build --build-arg MODULE=bus-standalone .
# It holds what `./bus` runs: the unpacked exec jar and its class archive.

FROM maven:3.9-eclipse-temurin-17 AS build
ARG MODULE
WORKDIR /src
COPY . .
RUN mvn --batch-mode --no-transfer-progress -DskipTests -Dspotless.check.skip=true \
        -pl "$MODULE" -am package \
    && java -Djarmode=tools -jar "$MODULE"/target/"$MODULE"-*-exec.jar extract --destination /app \
    && mv /app/"$MODULE"-*-exec.jar /app/app.jar

FROM eclipse-temurin:17-jre
COPY --from=build /app /app
COPY docker/is-ready /app/is-ready
RUN useradd --system --uid 1001 bus && mkdir /data && chown bus /app /data
USER bus
RUN java -XX:ArchiveClassesAtExit=/app/app.jsa -Dspring.context.exit=onRefresh \
        -jar /app/app.jar --bus.data=/tmp/training && rm -rf /tmp/training
VOLUME /data
WORKDIR /data
ENTRYPOINT ["java", "-XX:SharedArchiveFile=/app/app.jsa", "-jar", "/app/app.jar"]
