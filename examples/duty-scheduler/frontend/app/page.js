export default function Page() {
  return <h1>Who is on duty?</h1>;
}
