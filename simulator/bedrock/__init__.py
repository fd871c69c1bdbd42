"""AWS Bedrock's ConverseStream and InvokeModel, as the simulator speaks them."""
