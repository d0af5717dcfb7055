import java.lang.reflect.Field;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Starts DynamoDB Local at a free port of 127.0.0.1 and prints it. By itself it would listen at every address of the
 * machine and has no option to say otherwise. It ends when its standard input does, that is, with whoever started it.
 */
public class LocalDynamo {
  public static void main(String[] arguments) throws Exception {
    DynamoDBProxyServer dynamo =
        ServerRunner.createServerFromCommandLineArgs(new String[] {"-inMemory", "-disableTelemetry"});
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    ServerConnector connector = (ServerConnector) ((Server) field.get(dynamo)).getConnectors()[0];
    connector.setHost("127.0.0.1");
    connector.setPort(0);
    dynamo.start();
    System.out.println("listening on http://127.0.0.1:" + connector.getLocalPort());
    while (System.in.read() != -1) {}
    System.exit(0);
  }
}
